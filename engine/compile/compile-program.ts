/**
 * Program → WebAssembly module, with one function `run(begin, end, work, scratch, scratchEnd, ...addresses of inputs)` that
 * adds events [begin, end) of a partition to the work area. It is called for blocks of events: V8 moves a function to its
 * optimising tier only between calls.
 */

import { setRange } from "../lists/collection.ts";
import { mapped, unmapped } from "../lists/map.ts";
import { type HistogramTerms, type ProgramTerms, rootsOf } from "../program/program.ts";
import type { Schema } from "../program/schema.ts";
import { reachable, type Term } from "../program/term.ts";
import { QueryError } from "../query/query-error.ts";
import { CodeTooLarge } from "../wasm/function-builder.ts";
import { F, I, i32, L, load, store } from "../wasm/instructions.ts";
import { ModuleBuilder } from "../wasm/module-builder.ts";
import { type Element, type ScalarCode, truth } from "./code.ts";
import { emitFill, isFiniteWeight } from "./emit-fill.ts";
import { emitFlatFill, flatContent, isFlatFill } from "./emit-flat-fill.ts";
import { emitTotal } from "./emit-total.ts";
import { Emitter, type FunctionOver, runParams } from "./emitter.ts";
import { hoist } from "./hoist.ts";
import { openList } from "./open-list.ts";
import { operators } from "./operators.ts";
import { type Layout, layOut } from "./work-area.ts";

/** The bytes of the module, for a program that `makeProgram` made of this schema. Throws `QueryError` where the code would be too large. */
export function compileProgram(program: ProgramTerms, schema: Schema): Uint8Array<ArrayBuffer> {
  for (const sharesEarly of [false, true]) {
    try {
      return writeModule(program, schema, sharesEarly);
    } catch (error) {
      if (!(error instanceof CodeTooLarge)) throw error;
    }
  }
  const message = "the query is too large: its lists are combined with themselves too many times; ask for fewer things at once";
  throw new QueryError([{ at: "/histograms", message }]);
}

/** `sharesEarly`: terms that several others use are computed before the branches that use them. Throws `CodeTooLarge`. */
export function writeModule(program: ProgramTerms, schema: Schema, sharesEarly: boolean): Uint8Array<ArrayBuffer> {
  const layout = layOut({
    filters: program.filters,
    ...(program.totals && { totals: program.totals }),
    histograms: program.histograms.map(({ axes, storage }) => ({ axes: axes.map(({ axis }) => axis), storage })),
  });
  const m = new ModuleBuilder(["heed flags"]);
  const params = [...runParams, ...program.inputs.map(() => "input")].map(() => "i32" as const);
  const run = m.define("run", params, "i32", (f) => {
    const emitter = new Emitter(f, m, { operators, inputs: program.inputs, schema, roots: rootsOf(program), sharesEarly });
    const groups = groupFills(program.histograms)
      .map((group) => (program.filters.length === 0 && !group.filter ? emitFlatFills(emitter, group, layout) : group))
      .filter(({ histograms }) => histograms.length > 0);
    const overContent = program.filters.length === 0 ? groups.filter(isFreeOfEvents) : [];
    for (const group of overContent) emitContentLoop(emitter, group, layout);
    const perEvent = groups.filter((group) => !overContent.includes(group));
    if (perEvent.length > 0 || program.filters.length > 0 || program.totals) emitEventLoop(emitter, program, perEvent, layout);
    f.return(i32(0));
  });
  m.export(run);
  return m.encode();
}

/** Histograms that are filled in one loop: of one filter, over one list. */
interface FillGroup {
  readonly filter?: Term;
  readonly base?: Term;
  readonly histograms: readonly { readonly histogram: HistogramTerms; readonly index: number }[];
}

function groupFills(histograms: readonly HistogramTerms[]): readonly FillGroup[] {
  const groups = new Map<string, { filter?: Term; base?: Term; histograms: { histogram: HistogramTerms; index: number }[] }>();
  histograms.forEach((histogram, index) => {
    const list = valuesOf(histogram).find((term) => term.type.kind === "list");
    const base = list && unmapped(list);
    const key = `${histogram.filter?.id} ${base?.id}`;
    const group = groups.get(key) ?? { ...(histogram.filter && { filter: histogram.filter }), ...(base && { base }), histograms: [] };
    group.histograms.push({ histogram, index });
    groups.set(key, group);
  });
  return [...groups.values()];
}

const valuesOf = ({ axes, weight, sample }: HistogramTerms): readonly Term[] =>
  [...axes.map(({ value }) => value), weight, sample].filter((term) => term !== undefined);

/**
 * One loop over a list's content serves all events where nothing depends on which event an element belongs to. The list may be
 * mapped, filtered once and mapped again, and used for nothing else: it would be that of all events at once.
 */
function isFreeOfEvents({ filter, base, histograms }: FillGroup): boolean {
  if (filter || !base) return false;
  const values = histograms.flatMap(({ histogram }) => valuesOf(histogram));
  const lists = new Set<Term>();
  const sourceOf = (list: Term): Term => {
    lists.add(list);
    return list.operation === "map" || (list === base && list.operation === "filter") ? sourceOf(list.args[0]) : list;
  };
  const [source] = values.filter(({ type }) => type.kind === "list").map(sourceOf);
  const isOfEvent = ({ operation, args }: Term) =>
    operation === "column" || operation === "position" || (operation === "collection" && args.length === 0);
  return (
    source.operation === "collection" &&
    reachable(values).every((term) => lists.has(term) || (!isOfEvent(term) && !term.args.some((arg) => lists.has(arg))))
  );
}

/** Histograms of plain columns of float32 are filled four values at a time; gives those that are left. */
function emitFlatFills(emitter: Emitter, group: FillGroup, layout: Layout): FillGroup {
  const rest = group.histograms.filter(({ histogram, index }) => {
    const content = isFlatFill(histogram, layout.histograms[index]) ? flatContent(emitter, histogram.axes[0].value) : undefined;
    if (content) emitFlatFill(emitter, histogram, layout.histograms[index], content);
    return !content;
  });
  return { ...group, histograms: rest };
}

function emitContentLoop(emitter: Emitter, group: FillGroup, layout: Layout): void {
  const list = reachable([group.base!]).find((term) => term.operation === "collection" && term.args.length === 0)!;
  emitter.inside(() => {
    const [from, to] = (["begin", "end"] as const).map((end) => emitter.columns.offset(String(list.literal), emitter.param(end)));
    setRange(emitter, list, { from, to });
    // Not kept in scratch, whoever uses it too: it is as long as that of all events together.
    emitGroup(emitter, group, layout, { isKept: false });
  });
}

function emitEventLoop(emitter: Emitter, program: ProgramTerms, groups: readonly FillGroup[], layout: Layout): void {
  const { f } = emitter;
  const work = emitter.param("work");
  const passed = program.filters.map((_, index) => ({
    events: f.variable(i32(0)),
    weight: f.variable(load.f64(work, layout.cutflow + 16 * index + 8)),
  }));
  f.count(emitter.param("begin"), emitter.param("end"), (event, next) => {
    f.set(emitter.stack, emitter.param("scratch"));
    emitter.event = event;
    emitter.inside(() => {
      program.totals?.forEach((total, index) => {
        const value = emitter.scalar(total, []);
        emitter.inside(() => emitTotal(emitter, value, layout.totals[index]));
      });
      program.filters.forEach((filter, index) => {
        f.branchIf(next, I.eqz(truth(emitter.scalar(filter, []))));
        const { events, weight } = passed[index];
        f.set(events, I.add(events, i32(1)));
        if (program.weight) addFinite(emitter, weight, emitter.scalar(program.weight, []));
      });
      for (const group of groups) {
        if (group.filter) emitter.if(truth(emitter.scalar(group.filter, [])), () => emitGroup(emitter, group, layout));
        else emitGroup(emitter, group, layout);
      }
    });
  });
  passed.forEach(({ events, weight }, index) => {
    const at = layout.cutflow + 16 * index;
    f.store(store.i64, work, L.add(load.i64(work, at), L.fromI32(events)), at);
    f.store(store.f64, work, weight, at + 8);
  });
}

function addFinite(emitter: Emitter, sum: ReturnType<Emitter["f"]["variable"]>, weight: ScalarCode): void {
  const finite = isFiniteWeight(weight.value);
  emitter.if(weight.present ? I.and(finite, weight.present) : finite, () => emitter.f.set(sum, F.add(sum, weight.value)));
}

function emitGroup(emitter: Emitter, { base, histograms }: FillGroup, layout: Layout, options: { readonly isKept?: boolean } = {}): void {
  const fillAll = (evaluate: (term: Term) => ScalarCode) => {
    for (const { histogram, index } of histograms) {
      const element = {
        values: histogram.axes.map(({ value }) => evaluate(value)),
        weight: histogram.weight && evaluate(histogram.weight),
        sample: histogram.sample && evaluate(histogram.sample),
      };
      emitter.inside(() => emitFill(emitter, histogram, layout.histograms[index], element));
    }
  };
  if (!base) {
    fillAll((term) => emitter.scalar(term, []));
    return;
  }
  const functions: FunctionOver[] = [];
  for (const { histogram } of histograms) {
    for (const term of valuesOf(histogram)) {
      if (term.type.kind !== "list") emitter.scalar(term, []);
      else
        for (let list = term; list !== base; list = list.args[0]) {
          const [source, lambda]: readonly Term[] = list.args;
          if (list.operation !== "map") continue;
          hoist(emitter, lambda, []);
          if (source === base) functions.push({ lambda, environment: [] });
        }
    }
  }
  openList(emitter, base, [], options).iterate(
    (element) => fillAll((term) => (term.type.kind === "list" ? valueOver(emitter, term, base, element) : emitter.scalar(term, []))),
    functions,
  );
}

/** The value of a mapped list for one element of its base. */
function valueOver(emitter: Emitter, list: Term, base: Term, element: Element): ScalarCode {
  const through = (term: Term): Element => {
    if (term === base) return element;
    const inner = through(term.args[0]);
    return term.operation === "map" ? mapped(emitter, term, [], inner) : inner;
  };
  return through(list).code() as ScalarCode;
}
