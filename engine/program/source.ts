/**
 * What compiling a program again needs besides the program itself, as JSON: the types of its terms, and the columns that it reads, in the form that its
 * module reads. It is no part of the program's key, since it follows from the program and its dataset's schema.
 */
import type { Program, ProgramTerms } from "./program.ts";
import { rootsOf } from "./program.ts";
import type { Column, Schema } from "./schema.ts";
import { reachable, type Term, type Terms } from "./term.ts";
import { type Type, typeKey } from "./types.ts";

/** A type as it is written: its parts are numbers of earlier types. */
type WrittenType =
  | Exclude<Type, { kind: "record" | "tuple" | "list" }>
  | (Omit<Extract<Type, { kind: "record" }>, "fields"> & { readonly fields: readonly (readonly [string, number])[] })
  | (Omit<Extract<Type, { kind: "tuple" }>, "members"> & { readonly members: readonly number[] })
  | (Omit<Extract<Type, { kind: "list" }>, "element"> & { readonly element: number });

export interface ProgramSource {
  readonly types: readonly WrittenType[];
  /** For each term of the program, the number of its type. */
  readonly typeOf: readonly number[];
  readonly columns: readonly Column[];
}

export function writeSource(terms: ProgramTerms, schema: Schema): ProgramSource {
  const types: WrittenType[] = [];
  const numbers = new Map<string, number>();
  const write = (type: Type): number => {
    const key = typeKey(type);
    const known = numbers.get(key);
    if (known !== undefined) return known;
    const written = writeType(type, write);
    numbers.set(key, types.push(written) - 1);
    return types.length - 1;
  };
  const typeOf = reachable(rootsOf(terms)).map(({ type }) => write(type));
  const names = new Set(terms.inputs.flatMap((input) => (input.kind === "offsets" ? input.columns : [input.column])));
  return { types, typeOf, columns: schema.columns.filter(({ name }) => names.has(name)) };
}

/** Restores the terms from which the program was written, using these `Terms`. */
export function readTerms(program: Program, source: ProgramSource, terms: Terms): ProgramTerms {
  const types: Type[] = [];
  for (const written of source.types) types.push(readType(written, types));
  const made: Term[] = [];
  for (const [index, [operation, literal, ...args]] of program.terms.entries()) {
    const value = literal === null ? undefined : operation === "number" ? Number(literal) : literal;
    const type = types[source.typeOf[index]];
    made.push(
      terms.make(
        operation as Term["operation"],
        type,
        args.map((arg) => made[arg]),
        value,
      ),
    );
  }
  return {
    inputs: program.inputs,
    filters: program.filters.map((filter) => made[filter]),
    ...(program.weight !== undefined && { weight: made[program.weight] }),
    ...(program.totals && { totals: program.totals.map((total) => made[total]) }),
    histograms: program.histograms.map(({ axes, filter, weight, sample, storage }) => ({
      axes: axes.map(({ value, ...axis }) => ({ axis, value: made[value] })),
      ...(filter !== undefined && { filter: made[filter] }),
      ...(weight !== undefined && { weight: made[weight] }),
      ...(sample !== undefined && { sample: made[sample] }),
      storage,
    })),
    ...(program.rows && { rows: { columns: program.rows.columns.map(({ value }) => made[value]), limit: program.rows.limit } }),
  };
}

function writeType(type: Type, write: (part: Type) => number): WrittenType {
  switch (type.kind) {
    case "record":
      return { ...type, fields: [...type.fields].map(([name, field]) => [name, write(field)] as const) };
    case "tuple":
      return { ...type, members: type.members.map(write) };
    case "list":
      return { ...type, element: write(type.element) };
    default:
      return type;
  }
}

function readType(type: WrittenType, types: readonly Type[]): Type {
  switch (type.kind) {
    case "record":
      return { ...type, fields: new Map(type.fields.map(([name, field]) => [name, types[field]])) };
    case "tuple":
      return { ...type, members: type.members.map((member) => types[member]) };
    case "list":
      return { ...type, element: types[type.element] };
    default:
      return type;
  }
}
