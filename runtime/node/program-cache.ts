/**
 * Compiled programs that this process ran lately, by key. Compiling happens off the main thread, once for all who wait, and once for all programs of the same
 * code: one that differs from others in its numbers only runs code that the host has optimised for them already.
 */
import { LRUCache } from "lru-cache";
import { columnsOf } from "../../engine/program/inputs.ts";
import type { Program } from "../../engine/program/program.ts";
import type { ProgramSource } from "../../engine/program/source.ts";
import type { Store, StoredProgram } from "../../storage/store.ts";

export interface ReadyProgram {
  readonly programKey: string;
  readonly program: Program;
  readonly module: WebAssembly.Module;
  /** Those that its module is to be given, where that may have been compiled of another program. */
  readonly numbers?: readonly number[];
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
/** The most bytes of modules that are kept for programs of the same code. What the host makes of one is some ten times as large. */
const mostModuleBytes = 4 * 2 ** 20;

export class ProgramCache {
  readonly #programs: LRUCache<string, ReadyProgram>;
  /** By the key of their code. */
  readonly #modules = new LRUCache<string, Promise<WebAssembly.Module>>({ maxSize: mostModuleBytes });

  constructor({ store, most = 64 }: { readonly store: Pick<Store, "getPrograms">; readonly most?: number }) {
    this.#programs = new LRUCache({
      max: most,
      // Whoever waits for a program that others push out meanwhile gets it all the same.
      ignoreFetchAbort: true,
      fetchMethod: (programKey) => this.#fetch(store, programKey),
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

  async #fetch(store: Pick<Store, "getPrograms">, programKey: string): Promise<ReadyProgram> {
    const stored = (await store.getPrograms([programKey])).get(programKey);
    if (!stored) throw new UnknownProgramError(`Cannot run program ${programKey}: the store does not have it; submit the query again`);
    const source = stored.source as ProgramSource | undefined;
    const module = await this.#compile(stored);
    const numbers = stored.code?.numbers.map(Number);
    return readyProgram({ programKey, program: stored.program as Program, module, ...(numbers && { numbers }), ...(source && { source }) });
  }

  #compile({ module, code }: StoredProgram): Promise<WebAssembly.Module> {
    if (!code) return WebAssembly.compile(module);
    const known = this.#modules.get(code.key);
    if (known) return known;
    const compiling = WebAssembly.compile(module);
    this.#modules.set(code.key, compiling, { size: module.length });
    compiling.catch(() => this.#modules.delete(code.key));
    return compiling;
  }
}

export const readyProgram = (program: Omit<ReadyProgram, "columns" | "scratchBytes">): ReadyProgram => ({
  ...program,
  columns: columnsOf(program.program),
  scratchBytes: firstScratch,
});
