/** Modules of the form that programs are compiled to, which do what no program does. */
import type { Program } from "../../../engine/program/program.ts";
import type { ReadyProgram } from "../../../runtime/node/program-cache.ts";

const section = (id: number, bytes: readonly number[]) => [id, bytes.length, ...bytes];
const text = (name: string) => [name.length, ...new TextEncoder().encode(name)];

/** `run 0` of five numbers, over the memory that is given. `code`: its locals and instructions. */
function makeModule(code: readonly number[]): WebAssembly.Module {
  const bytes = [
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [1, 0x60, 5, 0x7f, 0x7f, 0x7f, 0x7f, 0x7f, 1, 0x7f]),
    ...section(2, [1, ...text("env"), ...text("memory"), 2, 3, 1, 0x80, 0x80, 4]),
    ...section(3, [1, 0]),
    ...section(7, [1, ...text("run 0"), 0, 0]),
    ...section(10, [1, code.length, ...code]),
  ];
  return new WebAssembly.Module(Uint8Array.from(bytes));
}

const program = { inputs: [], terms: [], filters: [], histograms: [] } as unknown as Program;
const ready = (programKey: string, code: readonly number[]): ReadyProgram => ({
  programKey,
  program,
  module: makeModule(code),
  columns: [],
  scratchBytes: 0,
});

/** It loops for ever in its first block and looks at no flag. */
export const endless = (programKey: string) => ready(programKey, [0, 3, 0x40, 0x0c, 0, 0x0b, 0x41, 0, 0x0b]);

/** Each of its blocks takes some milliseconds. */
export function steady(programKey: string): ReadyProgram {
  // A countdown from 2 ** 21.
  const countdown = [0x41, 0x80, 0x80, 0x80, 1, 0x21, 5, 3, 0x40, 0x20, 5, 0x41, 1, 0x6b, 0x22, 5, 0x0d, 0, 0x0b, 0x41, 0, 0x0b];
  return ready(programKey, [1, 1, 0x7f, ...countdown]);
}

/** It does what no program may do. */
export const trapping = (programKey: string) => ready(programKey, [0, 0x00, 0x0b]);
