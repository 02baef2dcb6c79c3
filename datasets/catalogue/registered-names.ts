/**
 * This process's part in agreeing with others on what datasets' names mean, for all processes that share a store. A process that holds a registration writes it
 * from time to time, so that others see that it runs, regardless of their clocks.
 */

import type { Log } from "../../base/log.ts";
import type { DatasetContent, Registration } from "../../base/registration.ts";
import { showPath } from "../sources/shown-path.ts";
import { type Decision, decideRegistration } from "./decide-registration.ts";

/** The part of the store that this needs. */
export interface Registry {
  listDatasets(): Promise<readonly Registration[]>;
  /** Writes it if the stored one has the revision before this one (for 1: if there is none); returns whether it did. */
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
  /** The name of this process, for people. */
  readonly by: string;
  /** Whether no other process uses the store, so that whoever registered before is gone. */
  readonly isAlone: boolean;
  /** The milliseconds between two looks. */
  readonly beat: number;
  readonly log: Log;
  /** In milliseconds since the epoch. */
  readonly now: () => number;
}

/** A process that wrote nothing for this many beats does not run any more. */
const beatsToLive = 5;

export class RegisteredNames {
  readonly #options: RegisteredNamesOptions;
  /** When this process first saw a registration's revision. */
  readonly #seen = new Map<string, { readonly revision: number; readonly at: number }>();

  constructor(options: RegisteredNamesOptions) {
    this.#options = options;
  }

  /** Registers or renews the datasets with which this process was started. `found` is what is registered; returns what is registered then. */
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

  /** Whether a process with this registration still runs, as far as can be seen. */
  isHeld({ name, held, revision }: Registration): boolean {
    const { isAlone, beat, now } = this.#options;
    if (!held || isAlone) return false;
    const seen = this.#seen.get(name);
    return seen?.revision !== revision || now() - seen.at < beatsToLive * beat;
  }

  /** Releases a registration. Another process that was started with the same dataset takes it up at its next look. Never rejects. */
  async release(registration: Registration): Promise<void> {
    const { registry, log } = this.#options;
    await registry
      .putDataset({ ...registration, held: false, revision: registration.revision + 1 })
      .catch((error: unknown) => log.warn({ dataset: registration.name, err: error }, "a dataset could not be let go"));
  }

  /** Returns what was written; undefined if nothing was, or another process was faster, which the next look sees. */
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
