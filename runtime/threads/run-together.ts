/**
 * Runs several programs over one partition in one pass on a worker thread. They are compiled together there, once for all that have the same shape: where a
 * query differs from an earlier one only in numbers, its programs run the code that the host has already optimised.
 */
import { LRUCache } from "lru-cache";
import {
  CannotRunTogether,
  prepareTogether,
  type SourceProgram,
  type Together,
  type TogetherRun,
} from "../../engine/compile/compile-together.ts";
import { encodePartial } from "../../engine/histogram/partial.ts";
import type { Program } from "../../engine/program/program.ts";
import { writeShape } from "../../engine/program/shape.ts";
import { computeTogether } from "../../engine/run/run-program.ts";
import type { ProgramRun } from "./worker-messages.ts";

interface Prepared {
  /** The programs that were prepared. They are compared, since a program of equal key may read columns in another form. */
  readonly programs: readonly Program[];
  /** The positions of the programs in the order in which they were prepared. */
  readonly order: readonly number[];
  readonly run: TogetherRun;
  readonly module: WebAssembly.Module;
}

/** What was prepared for the programs of these keys, for the next partition. */
const prepared = new LRUCache<string, Prepared>({ max: 16 });

/** The modules by their shapes, and why no module can be written for a shape. */
const modules = new LRUCache<string, WebAssembly.Module | CannotRunTogether>({ max: 16 });

interface Area {
  readonly memory: WebAssembly.Memory;
  readonly entries: number;
  readonly onWait: (milliseconds: number) => void;
}

/** Returns the encoded partial of each run, or throws for all of them. `programs` are those of the runs, which all have the same work area. */
export async function runTogether(
  runs: readonly ProgramRun[],
  programs: readonly SourceProgram[],
  area: Area,
): Promise<readonly Uint8Array<ArrayBuffer>[]> {
  const key = runs.map(({ programKey }) => programKey).join();
  const known = prepared.get(key);
  const isSame = known?.programs.every((program, index) => program === programs[index]!.program);
  const { order, run, module } = known && isSame ? known : prepare(key, programs);
  const partials = computeTogether({
    ...area,
    module,
    run,
    programs: order.map((place) => programs[place]!.program),
    addresses: run.inputs.map(({ program, input }) => runs[order[program]!]!.addresses[input]!),
    work: runs[0]!.work,
  });
  const encoded = new Map<number, Uint8Array<ArrayBuffer>>();
  await Promise.all(partials.map(async (partial, index) => encoded.set(order[index]!, await encodePartial(partial))));
  return programs.map((_, place) => encoded.get(place)!);
}

function prepare(key: string, programs: readonly SourceProgram[]): Prepared {
  // Programs come in the order of their keys, which follow from their numbers, too. So they are put in the order of what they do.
  const shapes = programs.map(({ program }) => writeShape(program));
  const order = [...programs.keys()].sort((a, b) => (shapes[a]! < shapes[b]! ? -1 : shapes[a]! > shapes[b]! ? 1 : 0));
  const together = prepareTogether(order.map((place) => programs[place]!));
  const made = { order, run: together.run, module: moduleOf(together), programs: programs.map(({ program }) => program) };
  prepared.set(key, made);
  return made;
}

function moduleOf({ shape, compile }: Together): WebAssembly.Module {
  const module = modules.get(shape) ?? compileOrRefuse(compile);
  modules.set(shape, module);
  if (module instanceof CannotRunTogether) throw module;
  return module;
}

function compileOrRefuse(compile: Together["compile"]): WebAssembly.Module | CannotRunTogether {
  try {
    return new WebAssembly.Module(compile());
  } catch (error) {
    if (error instanceof CannotRunTogether) return error;
    throw error;
  }
}
