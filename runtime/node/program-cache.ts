/**
 * Keeps the compiled programs that this process ran recently, by key. Compiling happens off the main thread, once for all who wait, and once for all
 * programs of the same code: a program that differs from others only in numbers runs code that the host has already optimised.
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
  /** The numbers to set in the module before a run, if the module may have been compiled from another program. */
  readonly numbers?: readonly number[];
  /** If this is a part of a requested program: the key of that program. */
  readonly partOf?: string;
  /** If known, the program can be compiled together with others. */
  readonly source?: ProgramSource;
  /** The names of the columns it reads, without repetition. */
  readonly columns: readonly string[];
  /** The bytes of scratch that were enough last time. */
  scratchBytes: number;
}

/** The store does not have the program; it was removed after the query was submitted. */
export class UnknownProgramError extends Error {
  override readonly name = "UnknownProgramError";
}

const firstScratch = 2 ** 20;
/** The most bytes of modules that are kept for programs of the same code. The host's compiled form is about ten times as large. */
const mostModuleBytes = 4 * 2 ** 20;

export class ProgramCache {
  readonly #programs: LRUCache<string, ReadyProgram>;
  /** The modules by the key of their code. */
  readonly #modules = new LRUCache<string, Promise<WebAssembly.Module>>({ maxSize: mostModuleBytes });

  constructor({ store, most = 64 }: { readonly store: Pick<Store, "getPrograms">; readonly most?: number }) {
    this.#programs = new LRUCache({
      max: most,
      // A program that leaves the cache while it is fetched still reaches those who wait for it.
      ignoreFetchAbort: true,
      fetchMethod: (programKey) => this.#fetch(store, programKey),
    });
  }

  /** The program if it is compiled already. */
  peek(programKey: string): ReadyProgram | undefined {
    return this.#programs.peek(programKey);
  }

  /** The same as `peek`, but counts as a use. */
  ready(programKey: string): ReadyProgram | undefined {
    return this.#programs.get(programKey);
  }

  /** Begins to compile a program that will be needed soon. Errors are left to the call that needs it. */
  prepare(programKey: string): void {
    this.get(programKey).catch(() => undefined);
  }

  /** Gets and compiles a program. Rejects with `UnknownProgramError` if the store does not have it, and with the store's own errors. */
  get(programKey: string): Promise<ReadyProgram> {
    return this.#programs.forceFetch(programKey);
  }

  /** The store's present version of a program, if it reads columns in other forms: it may have been planned again after a file joined its dataset. */
  async renew({ programKey, program }: ReadyProgram): Promise<ReadyProgram | undefined> {
    const isSame = (other: ReadyProgram | undefined) => JSON.stringify(other?.program.inputs) === JSON.stringify(program.inputs);
    const known = this.peek(programKey);
    const renewed = known && !isSame(known) ? known : await this.#programs.forceFetch(programKey, { forceRefresh: true });
    return isSame(renewed) ? undefined : renewed;
  }

  /** The module of a program; that of any program of the same code, if the program has a code key. Compiled only if it is not known. */
  compile({ module, code }: Pick<StoredProgram, "module" | "code">): Promise<WebAssembly.Module> {
    if (!code) return WebAssembly.compile(module);
    const known = this.#modules.get(code.key);
    if (known) return known;
    const compiling = WebAssembly.compile(module);
    this.#modules.set(code.key, compiling, { size: module.length });
    compiling.catch(() => this.#modules.delete(code.key));
    return compiling;
  }

  async #fetch(store: Pick<Store, "getPrograms">, programKey: string): Promise<ReadyProgram> {
    const stored = (await store.getPrograms([programKey])).get(programKey);
    if (!stored)
      throw new UnknownProgramError(`Cannot run program ${programKey}: the store does not have it; submit the query again, then retry it`);
    const source = stored.source as ProgramSource | undefined;
    const module = await this.compile(stored);
    const numbers = stored.code?.numbers.map(Number);
    return readyProgram({ programKey, program: stored.program as Program, module, ...(numbers && { numbers }), ...(source && { source }) });
  }
}

export const readyProgram = (program: Omit<ReadyProgram, "columns" | "scratchBytes">): ReadyProgram => ({
  ...program,
  columns: columnsOf(program.program),
  scratchBytes: firstScratch,
});
