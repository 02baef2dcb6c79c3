/**
 * Programs of one query → a module each. Variations often differ only in numbers (`weight * 1.02`, `j.pt * 0.98`) or in which column of the event they read
 * (`weight * puUp`, `weight * puDown`): the code of such programs is written once, and each of the others is a copy with its own numbers in it.
 */
import { type Program, type ProgramTerms, rootsOf } from "../program/program.ts";
import type { Schema } from "../program/schema.ts";
import { type Operation, reachable, type Term } from "../program/term.ts";
import { longOf } from "../program/types.ts";
import { type Compiled, compileNoted } from "./compile-program.ts";

export interface WrittenProgram {
  readonly terms: ProgramTerms;
  readonly program: Program;
}

/** What gives the module of one program after another, as `compileProgram` does. All are of this schema. */
export function compilerOf(schema: Schema): (one: WrittenProgram) => Uint8Array<ArrayBuffer> {
  const known = new Map<string, Compiled>();
  return ({ terms, program }) => {
    const slots = slotsOf(terms);
    const shape = shapeOf(program, new Set(slots.values()));
    const like = known.get(shape);
    if (!like) {
      const compiled = compileNoted(terms, schema, slots);
      known.set(shape, compiled);
      return compiled.module;
    }
    const module = like.module.slice();
    const bytes = new DataView(module.buffer);
    for (const { slot, at } of like.slots) bytes.setFloat64(at, Number(program.terms[slot]![1]), true);
    return module;
  };
}

/** Those of which code is made without looking at their numbers; comparing with a root and with a 64-bit integer looks. */
const arithmetic: ReadonlySet<Operation> = new Set<Operation>(["add", "subtract", "multiply", "divide"]);
const comparisons: ReadonlySet<Operation> = new Set<Operation>(["equal", "not-equal", "less", "less-equal", "greater", "greater-equal"]);

const takesAnyNumber = ({ operation, args }: Term): boolean =>
  arithmetic.has(operation) || (comparisons.has(operation) && !args.some((arg) => arg.operation === "function" || longOf(arg.type)));

/** The numbers that may be others in the same code, by their places among the program's terms. */
function slotsOf(terms: ProgramTerms): ReadonlyMap<Term, number> {
  const order = reachable(rootsOf(terms));
  const fixed = new Set<Term>(rootsOf(terms));
  for (const term of order) if (!takesAnyNumber(term)) for (const arg of term.args) fixed.add(arg);
  const slots = new Map<Term, number>();
  // A zero has an instruction of its own.
  for (const [place, term] of order.entries())
    if (term.operation === "number" && Number(term.literal) !== 0 && !fixed.has(term)) slots.set(term, place);
  return slots;
}

/** Equal for programs of the same code: columns with a value per event are told apart by their places among the inputs, and slots have any number. */
function shapeOf(program: Program, slots: ReadonlySet<number>): string {
  const placeOf = new Map(program.inputs.flatMap((input, place) => (input.kind === "values" ? [[input.column, place] as const] : [])));
  return JSON.stringify({
    ...program,
    inputs: program.inputs.map((input) => (input.kind === "offsets" || input.lists.length > 0 ? input : { ...input, column: "" })),
    terms: program.terms.map(([operation, literal, ...args], place) => {
      if (operation === "column") return [operation, placeOf.get(String(literal))];
      return slots.has(place) ? [operation] : [operation, literal, ...args];
    }),
  });
}
