/**
 * The checked, canonical form of what a query computes, without dataset, names, labels and priority, as plain JSON. Two queries
 * that differ only in spelling have the same program. Its key is the SHA-256 of its JSON, which includes the engine's version.
 */

import type { AxisShape } from "../axes/axes.ts";
import type { RowKind } from "../rows/rows.ts";
import { sha256 } from "../sha256.ts";
import type { StorageName } from "../storages/storages.ts";
import type { Input } from "./inputs.ts";
import type { DType } from "./schema.ts";
import { reachable, type Term } from "./term.ts";
import { longOf } from "./types.ts";

/** Must change whenever the same program could give other bits, or a partial has another form. */
export const engineVersion = "femtoq-engine-14";

export type ProgramAxis = AxisShape & { readonly value: number };

export interface ProgramHistogram {
  readonly axes: readonly ProgramAxis[];
  readonly filter?: number;
  readonly weight?: number;
  readonly sample?: number;
  readonly storage: StorageName;
}

/** A program. The number of a term is its position in `terms`: `[operation, literal or null, ...numbers of its arguments]`. */
export interface Program {
  readonly engine: string;
  readonly inputs: readonly Input[];
  readonly terms: readonly (readonly [string, string | number | boolean | null, ...number[]])[];
  readonly filters: readonly number[];
  /** The weight of an event in the cut flow. */
  readonly weight?: number;
  /** Absent where there are none. */
  readonly totals?: readonly number[];
  readonly histograms: readonly ProgramHistogram[];
  /** Absent where there are none. */
  readonly rows?: ProgramRows;
}

/** The rows of a partition: those of its first `limit` events that pass all filters. */
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
  /** Terms of numbers, booleans or strings. */
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

/** All terms that the program uses directly, in canonical order. */
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

/** Writes a program. `order` has its terms, each after its arguments. */
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
 * The string literals of these terms, in their order. In a run each string is a number; the literals have the numbers of their positions here, so
 * the code can contain these numbers.
 */
export const stringsOf = (terms: readonly { readonly operation: string; readonly literal?: unknown }[]): readonly string[] =>
  terms.flatMap(({ operation, literal }) => (operation === "string" ? [String(literal)] : []));

const writeLiteral = ({ literal }: Term): string | number | boolean | null =>
  typeof literal === "number" ? writeNumber(literal) : (literal ?? null);

/** Writes a number for JSON, which lacks −0, infinities and NaN: these become strings. `Number` reads both forms. */
export const writeNumber = (value: number): string | number =>
  Object.is(value, -0) || !Number.isFinite(value) ? `${Object.is(value, -0) ? "-0" : value}` : value;

/**
 * SHA-256 of the program in hexadecimal; it is equal for queries that compute the same. The form of columns (number type, whether values may be missing)
 * is left out: partials do not depend on it, files that join a dataset may change it, and what cannot hold a file's values is noticed where they are read.
 * Which lists may be null, if the program asks, is included: a module that takes lists for present would run over files with null ones and count them as empty.
 */
export async function programKey(program: Program): Promise<string> {
  return sha256(JSON.stringify({ ...program, inputs: program.inputs.flatMap(meaningOf) }));
}

function meaningOf(input: Input): readonly unknown[] {
  if (input.kind === "offsets") return [input.lists];
  return input.kind === "values" ? [[input.column, meaningOfType(input.dtype), input.lists]] : [];
}

/** The same name for all types whose values mean the same to a program. */
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
