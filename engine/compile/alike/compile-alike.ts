/**
 * Programs → modules, the code of each shape written once. Programs often differ only in numbers (a cut, a factor, the ends of an axis), in strings, or in which
 * column of the event they read (`weight * puUp`, `weight * puDown`): the module of each is a copy of the same code with its own numbers in it.
 *
 * Each module is complete: it can be run as it is. Whoever has compiled the code of one can run all others of its key with that: after `set numbers` with theirs.
 */
import { type ProgramTerms, rootsOf } from "../../program/program.ts";
import type { Schema } from "../../program/schema.ts";
import { reachable } from "../../program/term.ts";
import { digest, toHexadecimal } from "../../sha256.ts";
import type { SlotPlace } from "../../wasm/constant-pool.ts";
import { compileNoted } from "../compile-program.ts";
import { shapeOf } from "./code-shape.ts";
import { findNumbers, type NumberSlots } from "./number-slots.ts";

export interface CompiledProgram {
  /** With the program's own numbers. */
  readonly module: Uint8Array<ArrayBuffer>;
  /** SHA-256 of the module without its numbers, in hexadecimal: equal for all programs of the same code. */
  readonly codeKey: string;
  /** Those that the code is to be given. */
  readonly numbers: readonly number[];
}

/** The code of a shape. */
export interface KnownCode {
  /** Its numbers are 0. */
  readonly module: Uint8Array<ArrayBuffer>;
  readonly places: readonly SlotPlace[];
  readonly codeKey: Promise<string>;
}

/** By shape: code that was written before. Any of it may be forgotten. */
export interface CodeCache {
  get(shape: string): KnownCode | undefined;
  set(shape: string, code: KnownCode): unknown;
}

/** Throws `QueryError` where the code would be too large. */
export async function compileAlike(terms: ProgramTerms, schema: Schema, known: CodeCache): Promise<CompiledProgram> {
  const order = reachable(rootsOf(terms));
  const slots = findNumbers([terms], order);
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

/** A copy; a slot without a number has 0. */
function withNumbers({ module, places }: Pick<KnownCode, "module" | "places">, numbers: readonly number[]): Uint8Array<ArrayBuffer> {
  const copy = module.slice();
  const bytes = new DataView(copy.buffer);
  for (const { slot, at } of places) bytes.setFloat64(at, numbers[slot] ?? 0, true);
  return copy;
}
