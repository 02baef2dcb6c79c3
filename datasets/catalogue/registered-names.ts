/**
 * What datasets' names mean to the processes that share a store: this process's part in it. Who holds a registration writes it now and then;
 * so the others see that it runs, whatever their clocks say.
 */

import type { Log } from "../../base/log.ts";
import type { DatasetContent, Registration } from "../../base/registration.ts";
import { showPath } from "../sources/shown-path.ts";
import { type Decision, decideRegistration } from "./decide-registration.ts";

/** The part of the store that this needs. */
export interface Registry {
  listDatasets(): Promise<readonly Registration[]>;
  /** Writes it if the stored one has the revision before this one (for 1: if there is none); gives whether it did. */
  putDataset(registration: Registration): Promise<boolean>;
  removeDataset(name: string, revision: number): Promise<boolean>;
}

/** A dataset that this process was started with. */
export interface OwnDataset {
  readonly name: string;
  readonly pattern: string;
  /** The content that the last look found. */
  readonly content?: DatasetContent;
}

export interface RegisteredNamesOptions {
  readonly registry: Registry;
  /** This process, for people. */
  readonly by: string;
  /** No other process has the store: whoever registered before is gone. */
  readonly isAlone: boolean;
  /** Milliseconds between two looks. */
  readonly beat: number;
  readonly log: Log;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** Who wrote nothing for so many beats runs no more. */
const beatsToLive = 5;

export class RegisteredNames {
  readonly #options: RegisteredNamesOptions;
  /** When this process first saw a registration's revision. */
  readonly #seen = new Map<string, { readonly revision: number; readonly at: number }>();

  constructor(options: RegisteredNamesOptions) {
    this.#options = options;
  }

  /** Registers or renews what this process was started with, where `found` is what is registered; gives what is registered then. */
  async look(own: readonly OwnDataset[], found: readonly Registration[]): Promise<readonly Registration[]> {
    const registered = new Map(found.map((each) => [each.name, each]));
    for (const dataset of own) {
      const next = await this.#register(dataset, registered.get(dataset.name));
      if (next) registered.set(next.name, next);
    }
    for (const name of this.#seen.keys()) if (!registered.has(name)) this.#seen.delete(name);
    for (const { name, revision } of registered.values()) {
      if (this.#seen.get(name)?.revision !== revision) this.#seen.set(name, { revision, at: this.#options.now() });
    }
    return [...registered.values()];
  }

  /** Whether a process runs that was started with it, as far as can be seen. */
  isHeld({ name, held, revision }: Registration): boolean {
    const { isAlone, beat, now } = this.#options;
    if (!held || isAlone) return false;
    const seen = this.#seen.get(name);
    return seen?.revision !== revision || now() - seen.at < beatsToLive * beat;
  }

  /** Another process that was started with the same takes it up again at its next look. Never rejects. */
  async letGo(registration: Registration): Promise<void> {
    const { registry, log } = this.#options;
    await registry
      .putDataset({ ...registration, held: false, revision: registration.revision + 1 })
      .catch((error: unknown) => log.warn({ dataset: registration.name, err: error }, "a dataset could not be let go"));
  }

  /** Gives what is written; undefined where nothing is, or somebody was faster: the next look sees it. */
  async #register(own: OwnDataset, stored: Registration | undefined): Promise<Registration | undefined> {
    const { registry, by, now } = this.#options;
    const isAlive = stored !== undefined && this.isHeld(stored);
    const isQuiet = stored !== undefined && this.#seen.get(own.name)?.revision === stored.revision;
    const decision = decideRegistration({ ...own, by }, { stored, isAlive, isQuiet, now: now() });
    if (decision.kind === "keep" || decision.kind === "yield" || !(await registry.putDataset(decision.next))) return undefined;
    this.#tell(decision, stored);
    return decision.next;
  }

  #tell({ kind, next }: Extract<Decision, { readonly next: Registration }>, stored: Registration | undefined): void {
    if (kind === "renew") return;
    const { log } = this.#options;
    const fields = { dataset: next.name, pattern: showPath(next.pattern) };
    if (stored)
      log.warn({ ...fields, before: showPath(stored.pattern), by: stored.by }, "the dataset's name stands for other files than before");
    else log.info(fields, "the dataset is registered");
  }
}
