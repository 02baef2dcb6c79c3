/** Notices on a valid query that its author should know: where integers are rounded, and where a variation misses a use of what it varies. */
import type { HistogramTerms, ProgramTerms } from "../program/program.ts";
import { rootsOf } from "../program/program.ts";
import type { Schema } from "../program/schema.ts";
import { type Operation, reachable, type Term } from "../program/term.ts";
import { isRounded, longOf, type Type } from "../program/types.ts";
import { pointer } from "./check-names-and-sizes.ts";
import type { QueryProgram } from "./make-program.ts";
import type { Query, Variation } from "./query.ts";

/** At most this many notices are written out; the rest is only counted. */
const most = 20;

/** The notices as sentences, in the order of the query. */
export function noticesOf(query: Query, program: QueryProgram, schema: Schema): readonly string[] {
  const programs = [program.terms, ...[...program.variations.values()].map(({ terms }) => terms)];
  const all = [...new Set([...programs.flatMap(roundings), ...leftNominal(query, schema)])];
  return all.length <= most ? all : [...all.slice(0, most), `and ${all.length - most} more of the kind`];
}

const onBits: ReadonlySet<Operation> = new Set<Operation>([
  "complement",
  "bit-and",
  "bit-or",
  "bit-xor",
  "shift-left",
  "shift-right",
  "shift-right-unsigned",
]);
const computing: ReadonlySet<Operation> = new Set<Operation>([
  "negate",
  "add",
  "subtract",
  "multiply",
  "divide",
  "remainder",
  "power",
  "function",
  "sum",
  "product",
  "mean",
  "min",
  "max",
]);

/** Notices on columns of 64-bit integers that are used where float64, or the lowest 32 bits, may not hold them. */
function roundings(program: ProgramTerms): readonly string[] {
  const rounded = new Set<string>();
  const cut = new Set<string>();
  const wide = new Set<number>();
  const note = (columns: Set<string>, term: Term | undefined) => {
    if (term && isLong(elementOf(term.type))) for (const name of longColumns(term)) columns.add(name);
  };
  for (const term of reachable(rootsOf(program))) {
    const { operation, args, type } = term;
    const chosen = (operation === "conditional" || operation === "coalesce") && longOf(type) === undefined;
    if (computing.has(operation) || chosen) for (const arg of args) note(rounded, arg);
    else if (operation === "index" || operation === "at") note(rounded, args[1]);
    else if (onBits.has(operation))
      for (const arg of args) {
        note(cut, arg);
        if (isWideMask(arg)) wide.add(Number(arg.literal));
      }
  }
  for (const term of [program.weight, ...program.histograms.flatMap(filledWith)]) note(rounded, term);
  return [
    ...[...rounded].map(
      (name) =>
        `${name} may hold integers beyond 2^53, which float64 rounds: it is compared exactly, and written as it is in rows, but what is computed of it, or filled into an axis, is of the nearest float64`,
    ),
    ...[...cut].map(
      (name) => `of ${name}, 64-bit integers, operators on bits take the 32 lowest bits: for the others write floor(x / 2 ** 32)`,
    ),
    ...[...wide].map(
      (mask) =>
        `operators on bits take the 32 lowest bits, as in JavaScript, and ${mask} has more: for those from 32 on write floor(x / 2 ** 32) & mask, with a mask that is 2 ** 32 times smaller`,
    ),
  ];
}

const isWideMask = ({ operation, literal }: Term): boolean =>
  operation === "number" && Number.isInteger(literal) && (Number(literal) < -(2 ** 31) || Number(literal) >= 2 ** 32);

const filledWith = ({ axes, weight, sample }: HistogramTerms): readonly (Term | undefined)[] => [
  ...axes.flatMap(({ axis, value }) => (axis.type === "category" ? [] : [value])),
  weight,
  sample,
];
const elementOf = (type: Type): Type => (type.kind === "list" ? type.element : type);
const isLong = (type: Type): boolean => longOf(type) !== undefined && isRounded(type);

function longColumns(term: Term): readonly string[] {
  return reachable([term]).flatMap(({ operation, literal, args, type }) => {
    if (!isLong(elementOf(type))) return [];
    if (operation === "column" || operation === "collection") return [String(literal)];
    const record = operation === "field" ? args[0]!.type : undefined;
    return record?.kind === "record" && record.origin !== undefined ? [`${record.origin}.${literal}`] : [];
  });
}

/**
 * Notices where a variation varies a collection and the query uses a column of it by its full name, or the other way round: the variation does
 * not reach such a use.
 */
function leftNominal(query: Query, schema: Schema): readonly string[] {
  if (query.variations.size === 0) return [];
  const ofQuery = usersOf(textsOfQuery(query));
  const found: string[] = [];
  for (const [name, variation] of query.variations) {
    const own = usersOf(textsOfVariation(name, variation));
    for (const varied of variation.define.keys()) {
      for (const { other, advice } of counterparts(schema, varied)) {
        if (query.define.has(other) || variation.define.has(other)) continue;
        // Inside a varied define, its own name means the nominal value on purpose.
        const user = [...(ofQuery.get(other) ?? []), ...(own.get(other) ?? [])].find(({ part, key, isOwn }) =>
          isOwn ? key !== varied : !isReplaced(variation, part, key),
        );
        if (user) found.push(`the variation ${name} varies ${varied}, but ${pointer(user.path)} uses ${other}, ${advice}`);
      }
    }
  }
  return found;
}

/** The other names by which a query can read the varied data unvaried. */
function counterparts({ columns }: Schema, varied: string): readonly { readonly other: string; readonly advice: string }[] {
  return columns.flatMap(({ name, member }) => {
    if (member?.record === varied) return [{ other: name, advice: `which stays nominal: write ${varied}.${member.field}` }];
    if (!member || name !== varied) return [];
    const { record, field } = member;
    return [{ other: record, advice: `whose ${field} stays nominal: vary ${record} instead` }];
  });
}

const isReplaced = ({ define, filter, weight }: Variation, part: string, key: string | undefined): boolean =>
  part === "define" ? define.has(key!) : part === "filter" ? filter !== undefined : part === "weight" && weight !== undefined;

/** An expression of the query, or one that a variation has itself (`isOwn`). */
interface Text {
  readonly part: string;
  readonly key?: string;
  readonly isOwn?: boolean;
  readonly path: readonly (string | number)[];
  readonly text: string | undefined;
}

type Texts = Pick<Query, "define" | "filter" | "weight" | "totals" | "histograms">;

const textsOfQuery = ({ define, filter, weight, totals, histograms }: Texts): readonly Text[] => [
  ...[...define].map(([key, text]): Text => ({ part: "define", key, path: ["define", key], text })),
  ...filter.map((text, index): Text => ({ part: "filter", path: filter.length === 1 ? ["filter"] : ["filter", index], text })),
  { part: "weight", path: ["weight"], text: weight },
  ...[...totals].map(([key, text]): Text => ({ part: "totals", path: ["totals", key], text })),
  ...[...histograms].flatMap(([key, { axes, ...rest }]) => [
    ...axes.map(({ value: text }, index): Text => ({ part: "histograms", path: ["histograms", key, "axes", index, "value"], text })),
    ...(["filter", "weight", "sample"] as const).map(
      (each): Text => ({ part: "histograms", path: ["histograms", key, each], text: rest[each] }),
    ),
  ]),
];

const textsOfVariation = (name: string, { define, filter = [], weight }: Variation): readonly Text[] =>
  textsOfQuery({ define, filter, ...(weight !== undefined && { weight }), totals: new Map(), histograms: new Map() }).map((each) => ({
    ...each,
    isOwn: true,
    path: ["variations", name, ...each.path],
  }));

/** For each name, the texts that mention it as a whole word, but not as a field after a dot. */
function usersOf(texts: readonly Text[]): ReadonlyMap<string, readonly Text[]> {
  const users = new Map<string, Text[]>();
  for (const text of texts) {
    for (const name of new Set(text.text?.match(/(?<![\w$.])[A-Za-z_$][\w$]*/g))) {
      const others = users.get(name);
      if (others) others.push(text);
      else users.set(name, [text]);
    }
  }
  return users;
}
