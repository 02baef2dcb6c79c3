/**
 * A coordinator whose servers may be absent. It is opened in the background, repeatedly with growing pauses, until that succeeds; it is given up at once if the
 * first attempt shows that it never can. Until it is open, `watch` and `join` wait, and everything else rejects with `CoordinatorUnavailableError`.
 *
 *   opening → open → closed      `close` leads to closed from anywhere
 */

import type { Log } from "../../base/log.ts";
import { pause } from "../../base/pause.ts";
import { retry, usualBackoff } from "../../base/retry.ts";
import { type Coordinator, CoordinatorUnavailableError, type JoinedNode } from "../../coordination/coordinator.ts";

export interface Opened extends Coordinator {
  notReady(): readonly string[];
}

export interface PendingOptions {
  /** That of the coordinator which is opened (`Coordinator.interestTerm`). */
  readonly interestTerm: number;
  /** Opens the coordinator. Rejects with `CoordinatorUnavailableError` if a later attempt may succeed. */
  readonly open: (patience: number) => Promise<Opened>;
  readonly log: Log;
}

/** In milliseconds. */
const firstPatience = 3_000;
const laterPatience = 10_000;

export class PendingCoordinator implements Coordinator {
  readonly skipsEvents = true;
  readonly interestTerm: number;
  readonly #options: PendingOptions;
  readonly #closing = new AbortController();
  readonly #opening: Promise<Opened>;
  /** The calls that begin the waiting watches. A watch that ends earlier is removed. */
  readonly #watches = new Set<(opened: Opened) => void>();
  #opened: Opened | undefined;
  #reason = "no answer yet";

  private constructor(options: PendingOptions, first: Opened | CoordinatorUnavailableError) {
    this.#options = options;
    this.interestTerm = options.interestTerm;
    if (first instanceof CoordinatorUnavailableError) this.#reason = first.message;
    else this.#opened = first;
    this.#opening = first instanceof CoordinatorUnavailableError ? this.#openLater() : Promise.resolve(first);
    // The callers that wait for it hear of its failure.
    this.#opening.catch(() => undefined);
  }

  /** Resolves after the first attempt. Rejects with its error if no later attempt can succeed. */
  static async open(options: PendingOptions): Promise<PendingCoordinator> {
    try {
      return new PendingCoordinator(options, await options.open(firstPatience));
    } catch (error) {
      if (!(error instanceof CoordinatorUnavailableError)) throw error;
      options.log.warn({ reason: error.message }, "the coordinator cannot be opened yet; trying again");
      return new PendingCoordinator(options, error);
    }
  }

  /** The reasons why it cannot be used now; empty if it can. */
  notReady(): readonly string[] {
    return this.#opened?.notReady() ?? [`the coordinator cannot be reached: ${this.#reason}`];
  }

  readonly enqueue: Coordinator["enqueue"] = async (request) => this.#require().enqueue(request);
  readonly states: Coordinator["states"] = async (keys) => this.#require().states(keys);
  readonly renew: Coordinator["renew"] = async (queryId, client) => this.#require().renew(queryId, client);
  readonly interest: Coordinator["interest"] = async (queryIds) => this.#require().interest(queryIds);
  readonly withdraw: Coordinator["withdraw"] = async (queryId, client) => this.#require().withdraw(queryId, client);
  readonly retry: Coordinator["retry"] = async (request) => this.#require().retry(request);
  readonly nodes: Coordinator["nodes"] = async () => this.#require().nodes();
  readonly publishSupply: Coordinator["publishSupply"] = async (supply) => this.#require().publishSupply(supply);
  readonly supply: Coordinator["supply"] = async () => this.#require().supply();
  readonly demand: Coordinator["demand"] = async () => this.#require().demand();

  watch(...watching: Parameters<Coordinator["watch"]>): void {
    const [, , signal] = watching;
    if (this.#opened) {
      this.#opened.watch(...watching);
      return;
    }
    if (signal.aborted) return;
    const begin = (opened: Opened) => opened.watch(...watching);
    this.#watches.add(begin);
    signal.addEventListener("abort", () => this.#watches.delete(begin), { once: true });
  }

  async join(node: Parameters<Coordinator["join"]>[0]): Promise<JoinedNode> {
    return (await this.#opening).join(node);
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#opened?.close();
  }

  #require(): Opened {
    if (this.#opened) return this.#opened;
    throw new CoordinatorUnavailableError(`The queue of subtasks cannot be reached: ${this.#reason}`);
  }

  #take(opened: Opened): Opened {
    this.#opened = opened;
    for (const begin of this.#watches) begin(opened);
    this.#watches.clear();
    return opened;
  }

  async #openLater(): Promise<Opened> {
    const { open, log } = this.#options;
    const { signal } = this.#closing;
    // The first attempt has just failed.
    await pause(usualBackoff.first, signal);
    const onFailure = (error: unknown) => {
      const reason = error instanceof Error ? error.message : String(error);
      if (reason !== this.#reason) log.warn({ reason }, "the coordinator cannot be opened; trying again");
      this.#reason = reason;
    };
    const opened = signal.aborted ? undefined : await retry(() => open(laterPatience), { signal, onFailure }).catch(() => undefined);
    if (opened && !signal.aborted) return this.#take(opened);
    await opened?.close();
    throw new CoordinatorUnavailableError("The coordinator is closed");
  }
}
