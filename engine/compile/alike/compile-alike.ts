/**
 * Compiles programs to modules and writes the code of each shape only once. Programs often differ only in numbers (a cut, a factor, the ends of an axis), in
 * strings, or in which column of the event they read (`weight * puUp`, `weight * puDown`). Their modules are copies of the same code with other numbers.
 *
 * Each module is complete and can be run as it is. A host that has compiled one module can run all programs of its code key with it, after passing their
 * numbers to `set numbers`.
 */
import { type ProgramTerms, rootsOf } from "../../program/program.ts";
import type { Schema } from "../../program/schema.ts";
import { reachable } from "../../program/term.ts";
import { digest, toHexadecimal } from "../../sha256.ts";
import type { SlotPlace } from "../../wasm/constant-pool.ts";
import { compileNoted } from "../compile-program.ts";
import { ProgramColumns } from "../loops/program-columns.ts";
import { shapeOf } from "./code-shape.ts";
import { findNumbers, type NumberSlots } from "./number-slots.ts";

export interface CompiledProgram {
  /** The module with the program's own numbers. */
  readonly module: Uint8Array<ArrayBuffer>;
  /** SHA-256 of the module without its numbers, in hexadecimal: equal for all programs of the same code. */
  readonly codeKey: string;
  /** The program's numbers, one for each slot of the code. */
  readonly numbers: readonly number[];
}

/** The code that was written for a shape. */
export interface KnownCode {
  /** The module with all its numbers 0. */
  readonly module: Uint8Array<ArrayBuffer>;
  readonly places: readonly SlotPlace[];
  readonly codeKey: Promise<string>;
}

/** Keeps code by its shape. It may forget any code at any time. */
export interface CodeCache {
  get(shape: string): KnownCode | undefined;
  set(shape: string, code: KnownCode): unknown;
}

/** Compiles a program, with code of its shape from the cache if possible. Throws `QueryError` if the code would be too large. */
export async function compileAlike(terms: ProgramTerms, schema: Schema, known: CodeCache): Promise<CompiledProgram> {
  const order = reachable(rootsOf(terms));
  const slots = findNumbers([terms], order, new ProgramColumns({ inputs: terms.inputs, schema }));
  const shape = shapeOf([terms], { inputs: terms.inputs, schema, order, slots });
  const code = known.get(shape) ?? write(terms, schema, slots);
  known.set(shape, code);
  return { module: withNumbers(code, slots.numbers), codeKey: await code.codeKey, numbers: slots.numbers };
}

function write(terms: ProgramTerms, schema: Schema, slots: NumberSlots): KnownCode {
  const { module, slots: places } = compileNoted(terms, schema, slots);
  const code = withNumbers({ module, places }, []);
  return { module: code, places, codeKey: digest(code).then(toHexadecimal) };
}

/** A copy of the module with these numbers; slots without a number have 0. */
export function withNumbers({ module, places }: Pick<KnownCode, "module" | "places">, numbers: readonly number[]): Uint8Array<ArrayBuffer> {
  const copy = module.slice();
  const bytes = new DataView(copy.buffer);
  for (const { slot, at } of places) bytes.setFloat64(at, numbers[slot] ?? 0, true);
  return copy;
}
