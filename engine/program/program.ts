/**
 * The checked, canonical form of what a query computes, without dataset, names, labels and priority: plain JSON. Two queries
 * that differ only in spelling have the same program. Its key is the SHA-256 of its JSON, the engine's version included.
 */

import type { AxisShape } from "../axes/axes.ts";
import type { RowKind } from "../rows/rows.ts";
import { sha256 } from "../sha256.ts";
import type { StorageName } from "../storages/storages.ts";
import type { Input } from "./inputs.ts";
import type { DType } from "./schema.ts";
import { reachable, type Term } from "./term.ts";
import { longOf } from "./types.ts";

/** Changes whenever the same program could give other bits, or a partial another form. */
export const engineVersion = "femtoq-engine-14";

export type ProgramAxis = AxisShape & { readonly value: number };

export interface ProgramHistogram {
  readonly axes: readonly ProgramAxis[];
  readonly filter?: number;
  readonly weight?: number;
  readonly sample?: number;
  readonly storage: StorageName;
}

/** Terms are numbered by their place in `terms`: `[operation, literal or null, ...numbers of its arguments]`. */
export interface Program {
  readonly engine: string;
  readonly inputs: readonly Input[];
  readonly terms: readonly (readonly [string, string | number | boolean | null, ...number[]])[];
  readonly filters: readonly number[];
  /** Weight of an event in the cut flow. */
  readonly weight?: number;
  /** Absent where there are none. */
  readonly totals?: readonly number[];
  readonly histograms: readonly ProgramHistogram[];
  /** Absent where there are none. */
  readonly rows?: ProgramRows;
}

/** Of the events that pass all filters, the first `limit` of a partition. */
export interface ProgramRows {
  readonly columns: readonly { readonly kind: RowKind; readonly value: number }[];
  readonly limit: number;
}

/** A histogram whose expressions are terms: what the compiler works on. */
export interface HistogramTerms {
  readonly axes: readonly { readonly axis: AxisShape; readonly value: Term }[];
  readonly filter?: Term;
  readonly weight?: Term;
  readonly sample?: Term;
  readonly storage: StorageName;
}

export interface RowTerms {
  /** Numbers, booleans or strings. */
  readonly columns: readonly Term[];
  readonly limit: number;
}

export interface ProgramTerms {
  readonly inputs: readonly Input[];
  readonly filters: readonly Term[];
  readonly weight?: Term;
  readonly totals?: readonly Term[];
  readonly histograms: readonly HistogramTerms[];
  readonly rows?: RowTerms;
}

/** Every root of the program's terms, in canonical order. */
export function rootsOf(program: Omit<ProgramTerms, "inputs">): readonly Term[] {
  const optional = (term: Term | undefined) => (term ? [term] : []);
  return [
    ...program.filters,
    ...optional(program.weight),
    ...(program.totals ?? []),
    ...program.histograms.flatMap(({ axes, filter, weight, sample }) => [
      ...optional(filter),
      ...axes.map(({ value }) => value),
      ...optional(weight),
      ...optional(sample),
    ]),
    ...(program.rows?.columns ?? []),
  ];
}

/** `order`: its terms, each after its arguments. */
export function writeProgram(program: ProgramTerms, order = reachable(rootsOf(program))): Program {
  const numbers = new Map(order.map((term, index) => [term, index]));
  const at = (term: Term) => numbers.get(term)!;
  return {
    engine: engineVersion,
    inputs: program.inputs,
    terms: order.map((term) => [term.operation, writeLiteral(term), ...term.args.map(at)]),
    filters: program.filters.map(at),
    ...(program.weight && { weight: at(program.weight) }),
    ...(program.totals && { totals: program.totals.map(at) }),
    histograms: program.histograms.map((histogram) => ({
      axes: histogram.axes.map(({ axis, value }) => ({ ...axis, value: at(value) })),
      ...(histogram.filter && { filter: at(histogram.filter) }),
      ...(histogram.weight && { weight: at(histogram.weight) }),
      ...(histogram.sample && { sample: at(histogram.sample) }),
      storage: histogram.storage,
    })),
    ...(program.rows && {
      rows: {
        columns: program.rows.columns.map((column) => ({ kind: longOf(column.type) ?? (column.type.kind as RowKind), value: at(column) })),
        limit: program.rows.limit,
      },
    }),
  };
}

/**
 * The strings that these terms name, in their order: what a program compares with its columns' strings. In a run each string is a number; these
 * have the numbers of their places here, so that code can name them.
 */
export const stringsOf = (terms: readonly { readonly operation: string; readonly literal?: unknown }[]): readonly string[] =>
  terms.flatMap(({ operation, literal }) => (operation === "string" ? [String(literal)] : []));

const writeLiteral = ({ literal }: Term): string | number | boolean | null =>
  typeof literal === "number" ? writeNumber(literal) : (literal ?? null);

/** JSON has neither −0 nor infinities; `Number` reads what this gives. */
export const writeNumber = (value: number): string | number =>
  Object.is(value, -0) || !Number.isFinite(value) ? `${Object.is(value, -0) ? "-0" : value}` : value;

/**
 * SHA-256 of the program, in hexadecimal: the same for all queries that compute the same. How columns are held (their number type, whether values may be missing and lists null) is
 * no part of it: what a program makes of a partition does not depend on it, and a file that joins a dataset may change it.
 */
export async function programKey(program: Program): Promise<string> {
  return sha256(JSON.stringify({ ...program, inputs: program.inputs.flatMap(meaningOf) }));
}

function meaningOf(input: Input): readonly unknown[] {
  if (input.kind === "offsets") return [input.lists];
  return input.kind === "values" && input.tellsOf === undefined ? [[input.column, meaningOfType(input.dtype), input.lists]] : [];
}

/** Types whose values mean the same to a program. */
function meaningOfType(dtype: DType): string {
  switch (dtype) {
    case "float32":
    case "float64":
    case "int32":
    case "uint32":
      return "number";
    default:
      return dtype;
  }
}
