/**
 * Programs of one query → a module each. Variations often differ only in numbers (`weight * 1.02`, `j.pt * 0.98`) or in which column of the event they read
 * (`weight * puUp`, `weight * puDown`): the code of such programs is written once, and each of the others is a copy with its own numbers in it.
 */
import { type Program, type ProgramTerms, rootsOf } from "../program/program.ts";
import type { Schema } from "../program/schema.ts";
import { type Operation, reachable } from "../program/term.ts";
import { type Compiled, compileNoted } from "./compile-program.ts";

export interface WrittenProgram {
  readonly terms: ProgramTerms;
  readonly program: Program;
}

/** What gives the module of one program after another, as `compileProgram` does. All are of this schema. */
export function compilerOf(schema: Schema): (one: WrittenProgram) => Uint8Array<ArrayBuffer> {
  const known = new Map<string, Compiled>();
  return ({ terms, program }) => {
    const places = findSlots(program);
    const shape = shapeOf(program, places);
    const like = known.get(shape);
    if (!like) {
      const order = reachable(rootsOf(terms));
      const compiled = compileNoted(terms, schema, new Map([...places].map((place) => [order[place]!, place])));
      known.set(shape, compiled);
      return compiled.module;
    }
    const module = like.module.slice();
    const bytes = new DataView(module.buffer);
    for (const { slot, at } of like.slots) bytes.setFloat64(at, Number(program.terms[slot]![1]), true);
    return module;
  };
}

/** Those of which code is made without looking at their numbers. */
const arithmetic: ReadonlySet<string> = new Set<Operation>(["add", "subtract", "multiply", "divide"]);
/** So do these, but with a root, which is a function, or with a 64-bit integer. */
const comparisons: ReadonlySet<string> = new Set<Operation>(["equal", "not-equal", "less", "less-equal", "greater", "greater-equal"]);

/** The places of the numbers, among the program's terms, that may be others in the same code. */
function findSlots({ terms, inputs, ...roots }: Program): ReadonlySet<number> {
  const hasLongs = inputs.some((input) => input.kind === "values" && (input.dtype === "int64" || input.dtype === "uint64"));
  const slots = new Set<number>();
  for (const [place, [operation, literal, ...args]] of terms.entries()) {
    // A zero has an instruction of its own.
    if (operation === "number" && Number(literal) !== 0) slots.add(place);
    const takesAny =
      arithmetic.has(operation) || (comparisons.has(operation) && !hasLongs && !args.some((arg) => terms[arg]![0] === "function"));
    // Arguments come before what uses them.
    if (!takesAny) for (const arg of args) slots.delete(arg);
  }
  for (const root of rootPlaces(roots)) slots.delete(root);
  return slots;
}

function rootPlaces({ filters, weight, totals = [], histograms, rows }: Omit<Program, "terms" | "inputs">): readonly number[] {
  const values = histograms.flatMap(({ axes, filter, weight, sample }) => [...axes.map(({ value }) => value), filter, weight, sample]);
  return [...filters, weight, ...totals, ...values, ...(rows?.columns ?? []).map(({ value }) => value)].filter(
    (each) => each !== undefined,
  );
}

/** Equal for programs of the same code: columns with a value per event are told apart by their places among the inputs, and slots have any number. */
function shapeOf({ terms, inputs, ...rest }: Program, slots: ReadonlySet<number>): string {
  const placeOf = new Map(inputs.flatMap((input, place) => (input.kind === "values" ? [[input.column, place] as const] : [])));
  let shape = JSON.stringify([
    rest,
    inputs.map((input) => (input.kind === "offsets" || input.lists.length > 0 ? input : { ...input, column: "" })),
  ]);
  for (const [place, term] of terms.entries()) {
    const [operation, literal] = term;
    if (slots.has(place)) shape += "\nany number";
    else if (operation === "column") shape += `\ncolumn ${placeOf.get(String(literal))}`;
    else shape += `\n${JSON.stringify(term)}`;
  }
  return shape;
}
