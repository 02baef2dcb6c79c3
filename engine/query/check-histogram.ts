/** Checks a histogram of a query and turns its expressions into terms: axes, filter, weight, sample and storage. */
import { kindOf } from "../axes/axes.ts";
import { unmapped } from "../lists/map.ts";
import { lambdaOf, mapOver, typeOver } from "../program/make-terms.ts";
import type { HistogramTerms } from "../program/program.ts";
import type { Term, Terms } from "../program/term.ts";
import { describeType, number, type Type } from "../program/types.ts";
import { defaultStorage, type StorageName, storages } from "../storages/storages.ts";
import type { HistogramQuery } from "./query.ts";
import type { Path, QueryChecker } from "./query-checker.ts";

/** `weight` is the query's own weight. Undefined if something is wrong; the checker then has the faults. */
export function checkHistogram(
  checker: QueryChecker,
  { name, query, weight }: { readonly name: string; readonly query: HistogramQuery; readonly weight: Term | undefined },
): HistogramTerms | undefined {
  const path: Path = ["histograms", name];
  const axes = query.axes.map((axis, index) => {
    const at: Path = [...path, "axes", index, "value"];
    const { value: text, label: _, ...shape } = axis;
    const value = fillValue(checker.expression(text, at, "the value of an axis", "number or list"), at, checker, {
      wanted: kindOf(axis).takes(axis),
      who: `an axis of type ${axis.type}`,
      takesBooleans: true,
    });
    return value && { axis: shape, value };
  });
  const filter =
    query.filter === undefined ? undefined : checker.expression(query.filter, [...path, "filter"], "a histogram's filter", "boolean");
  const weightPath: Path = [...path, "weight"];
  const own =
    query.weight === undefined
      ? undefined
      : fillValue(checker.expression(query.weight, weightPath, "a histogram's weight", "number or list"), weightPath, checker, {
          wanted: "number",
          who: "a histogram with weights",
        });
  const samplePath: Path = [...path, "sample"];
  const sample =
    query.sample === undefined
      ? undefined
      : fillValue(checker.expression(query.sample, samplePath, "a sample", "number or list"), samplePath, checker, {
          wanted: "number",
          who: "a mean",
          takesBooleans: true,
        });
  const storage = chooseStorage(query, weight !== undefined || query.weight !== undefined, (message) =>
    checker.fault([...path, "storage"], message, false),
  );
  const found = axes.filter((axis) => axis !== undefined);
  const isWhole = found.length === axes.length && !(query.filter && !filter) && !(query.weight && !own) && !(query.sample && !sample);
  if (!isWhole || !storage) return undefined;

  const places = [...query.axes.map((_, index) => [...path, "axes", index, "value"]), weightPath, samplePath];
  const lists = [...found.map(({ value }) => value), own, sample]
    .map((term, index) => ({ base: term?.type.kind === "list" ? unmapped(term) : undefined, path: places[index] }))
    .filter(({ base }) => base);
  const stray = lists.find(({ base }) => base !== lists[0].base);
  if (stray) {
    return checker.fault(
      stray.path,
      "this list is not derived from the same list as the other axis: fill lists together only when they come from one list by map or a field; for all combinations use cross",
    );
  }
  const weights = [weight, own].filter((term) => term !== undefined);
  return {
    axes: found,
    ...(filter && { filter }),
    ...(weights.length > 0 && { weight: multiplyWeights(weights, checker.terms) }),
    ...(sample && { sample }),
    storage,
  };
}

/** The storage asked for, or the default. Undefined if it does not fit the weights or the sample; then `fault` was called. */
function chooseStorage(query: HistogramQuery, hasWeight: boolean, fault: (message: string) => undefined): StorageName | undefined {
  const hasSample = query.sample !== undefined;
  const asked = query.storage ?? defaultStorage({ hasWeight, hasSample });
  const { takesWeight, takesSample, whenWeighted } = storages[asked];
  if (hasWeight && !takesWeight)
    return fault(`storage ${asked} takes no weight: use ${defaultStorage({ hasWeight, hasSample })}, or leave the weights out`);
  if (takesSample && !hasSample) return fault(`storage ${asked} needs a sample, the expression whose mean it keeps: "sample": "Muon.pt"`);
  if (hasSample && !takesSample) return fault(`storage ${asked} takes no sample: use mean, or leave the sample out`);
  return (hasWeight && whenWeighted) || asked;
}

/** The values that something is filled with. `takesBooleans` allows booleans, as 0 and 1, where numbers are wanted. */
interface Wanted {
  readonly wanted: "number" | "boolean" | "string";
  readonly who: string;
  readonly takesBooleans?: boolean;
}

function fillValue(
  term: Term | undefined,
  path: Path,
  checker: QueryChecker,
  { wanted, who, takesBooleans = false }: Wanted,
): Term | undefined {
  const element = term?.type.kind === "list" ? term.type.element : term?.type;
  if (!element || element.kind === wanted || (takesBooleans && wanted === "number" && element.kind === "boolean")) return term;
  if (element.kind === "list")
    return checker.fault(path, "this is a list of lists: make it one list with flatMap, or reduce the inner lists (sum, min, max, length)");
  return checker.fault(path, `this is ${describeType(term!.type)}: ${who} is filled with ${wanted}s${hintFor(element, wanted)}`);
}

function hintFor(element: Type, wanted: Wanted["wanted"]): string {
  if (wanted === "number" && element.kind === "boolean") return "; use '? 1 : 0'";
  if (wanted === "number" && element.kind === "string") return "; strings fill an axis of type category, by a list of strings";
  if (element.kind === "record") return `; take one of their fields, such as .${[...element.fields.keys()][0]}`;
  return element.kind === "tuple" ? "; say of what with map((a, b) => …)" : "";
}

/** The query's weight times the histogram's own; if the latter is a list, for each of its elements. */
function multiplyWeights([first, second]: readonly Term[], terms: Terms): Term {
  if (!second) return first;
  const product = (...args: readonly Term[]) => terms.make("multiply", typeOver(args, number), args);
  if (second.type.kind !== "list") return product(first, second);
  const body = product(first, terms.make("param", second.type.element, [], 0));
  return mapOver(terms, second, lambdaOf(terms, body, 0));
}
