/** Compiled programs that this process ran lately, by key. Compiling happens off the main thread, once for all who wait. */
import { columnsOf } from "../../engine/program/columns-of.ts";
import type { Program } from "../../engine/program/program.ts";
import { HttpProblem } from "../../functions/http/problem.ts";
import type { Store } from "../../storage/store.ts";

export interface ReadyProgram {
  readonly programKey: string;
  readonly program: Program;
  readonly module: WebAssembly.Module;
  /** Names of the columns it reads, each once. */
  readonly columns: readonly string[];
  /** Scratch that sufficed last time, in bytes. */
  scratchBytes: number;
}

const firstScratch = 2 ** 20;

export class ProgramCache {
  readonly #store: Pick<Store, "getPrograms">;
  readonly #most: number;
  /** Least recently used first. */
  readonly #programs = new Map<string, Promise<ReadyProgram>>();
  readonly #ready = new Map<string, ReadyProgram>();

  constructor(options: { readonly store: Pick<Store, "getPrograms">; readonly most?: number }) {
    this.#store = options.store;
    this.#most = options.most ?? 64;
  }

  /** The program if it is compiled already. */
  peek(programKey: string): ReadyProgram | undefined {
    return this.#ready.get(programKey);
  }

  /** Has it compiled, for whoever asks for it next; an error is theirs to hear. */
  prepare(programKey: string): void {
    this.get(programKey).catch(() => undefined);
  }

  /** Rejects where the store does not have it. */
  get(programKey: string): Promise<ReadyProgram> {
    const known = this.#programs.get(programKey);
    const program = known ?? this.#compile(programKey);
    this.#programs.delete(programKey);
    this.#programs.set(programKey, program);
    const [oldest] = this.#programs.keys();
    if (this.#programs.size > this.#most && oldest !== undefined) this.#forget(oldest);
    return program;
  }

  async #compile(programKey: string): Promise<ReadyProgram> {
    try {
      const stored = (await this.#store.getPrograms([programKey])).get(programKey);
      if (!stored) {
        throw new HttpProblem(
          422,
          "unknown-program",
          `Cannot run program ${programKey}: the store does not have it; submit the query again`,
        );
      }
      const program = stored.program as Program;
      const module = await WebAssembly.compile(stored.module);
      const ready = { programKey, program, module, columns: columnsOf(program), scratchBytes: firstScratch };
      if (this.#programs.has(programKey)) this.#ready.set(programKey, ready);
      return ready;
    } catch (error) {
      this.#forget(programKey);
      throw error;
    }
  }

  #forget(programKey: string): void {
    this.#programs.delete(programKey);
    this.#ready.delete(programKey);
  }
}
