/** Runs several programs over one partition in one pass on a worker thread. They are compiled together there, and the code is kept for the next partition. */
import { LRUCache } from "lru-cache";
import { compileTogether, type SourceProgram, type TogetherCode } from "../../engine/compile/compile-together.ts";
import { encodePartial } from "../../engine/histogram/partial.ts";
import type { Program } from "../../engine/program/program.ts";
import { computeTogether } from "../../engine/run/run-program.ts";
import type { ProgramRun } from "./worker-messages.ts";

interface Compiled {
  /** The programs for which the code was compiled. They are compared, since a program of equal key may read columns in another form. */
  readonly programs: readonly Program[];
  readonly code: TogetherCode;
  readonly module: WebAssembly.Module;
}

const compiled = new LRUCache<string, Compiled>({ max: 16 });

interface Area {
  readonly memory: WebAssembly.Memory;
  readonly entries: number;
  readonly onWait: (milliseconds: number) => void;
}

/** Returns the encoded partial of each run, or throws for all of them. `programs` are those of the runs, which all have the same work area. */
export function runTogether(
  runs: readonly ProgramRun[],
  programs: readonly SourceProgram[],
  area: Area,
): Promise<readonly Uint8Array<ArrayBuffer>[]> {
  const key = runs.map(({ programKey }) => programKey).join();
  const known = compiled.get(key);
  const isSame = known?.programs.every((program, index) => program === programs[index]!.program);
  const { code, module } = known && isSame ? known : compile(key, programs);
  const partials = computeTogether({
    ...area,
    module,
    code,
    programs: programs.map(({ program }) => program),
    addresses: code.inputs.map(({ program, input }) => runs[program]!.addresses[input]!),
    work: runs[0]!.work,
  });
  return Promise.all(partials.map(encodePartial));
}

function compile(key: string, programs: readonly SourceProgram[]): Compiled {
  const code = compileTogether(programs);
  const made = { code, module: new WebAssembly.Module(code.module), programs: programs.map(({ program }) => program) };
  compiled.set(key, made);
  return made;
}
