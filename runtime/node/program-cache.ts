/** Compiled programs that this process ran lately, by key. Compiling happens off the main thread, once for all who wait. */
import { LRUCache } from "lru-cache";
import { columnsOf } from "../../engine/program/inputs.ts";
import type { Program } from "../../engine/program/program.ts";
import type { ProgramSource } from "../../engine/program/source.ts";
import type { Store } from "../../storage/store.ts";

export interface ReadyProgram {
  readonly programKey: string;
  readonly program: Program;
  readonly module: WebAssembly.Module;
  /** The key of the program that was asked for, where this is a part of it. */
  readonly partOf?: string;
  /** Where it is known, the program can be compiled together with others. */
  readonly source?: ProgramSource;
  /** Names of the columns it reads, each once. */
  readonly columns: readonly string[];
  /** Scratch that sufficed last time, in bytes. */
  scratchBytes: number;
}

/** The store does not have the program: it was removed since the query was submitted. */
export class UnknownProgramError extends Error {
  override readonly name = "UnknownProgramError";
}

const firstScratch = 2 ** 20;

export class ProgramCache {
  readonly #programs: LRUCache<string, ReadyProgram>;

  constructor({ store, most = 64 }: { readonly store: Pick<Store, "getPrograms">; readonly most?: number }) {
    this.#programs = new LRUCache({
      max: most,
      // Whoever waits for a program that others push out meanwhile gets it all the same.
      ignoreFetchAbort: true,
      fetchMethod: (programKey) => compile(store, programKey),
    });
  }

  /** The program if it is compiled already. */
  peek(programKey: string): ReadyProgram | undefined {
    return this.#programs.peek(programKey);
  }

  /** As `peek`; it counts as used. */
  ready(programKey: string): ReadyProgram | undefined {
    return this.#programs.get(programKey);
  }

  /** Has it compiled, for whoever asks for it next; an error is theirs to hear. */
  prepare(programKey: string): void {
    this.get(programKey).catch(() => undefined);
  }

  /** Rejects with `UnknownProgramError` where the store does not have it, and as the store does. */
  get(programKey: string): Promise<ReadyProgram> {
    return this.#programs.forceFetch(programKey);
  }

  /** The program as the store has it now, where it reads columns in other forms than this one; it may have been planned again since a file joined its dataset. */
  async renew({ programKey, program }: ReadyProgram): Promise<ReadyProgram | undefined> {
    const isSame = (other: ReadyProgram | undefined) => JSON.stringify(other?.program.inputs) === JSON.stringify(program.inputs);
    const known = this.peek(programKey);
    const renewed = known && !isSame(known) ? known : await this.#programs.forceFetch(programKey, { forceRefresh: true });
    return isSame(renewed) ? undefined : renewed;
  }
}

async function compile(store: Pick<Store, "getPrograms">, programKey: string): Promise<ReadyProgram> {
  const stored = (await store.getPrograms([programKey])).get(programKey);
  if (!stored) throw new UnknownProgramError(`Cannot run program ${programKey}: the store does not have it; submit the query again`);
  const source = stored.source as ProgramSource | undefined;
  const module = await WebAssembly.compile(stored.module);
  return readyProgram({ programKey, program: stored.program as Program, module, ...(source && { source }) });
}

export const readyProgram = (program: Omit<ReadyProgram, "columns" | "scratchBytes">): ReadyProgram => ({
  ...program,
  columns: columnsOf(program.program),
  scratchBytes: firstScratch,
});
