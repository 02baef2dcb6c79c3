/**
 * Remembers whether a store accepts writes.
 *
 *   taken ⇄ refused    in `refused` a small write is tried at intervals, so that the end is noticed even if nobody else writes. A full disk may
 *                      accept small writes while it refuses larger ones, so `refused` ends only when no write was refused for a while
 */
import { clearInterval, setInterval } from "node:timers";

export interface WriteHealthOptions {
  /** Tries a small write; reports it by `refused` or `taken` like any other write. */
  readonly probe: () => Promise<void>;
  readonly log: {
    info(fields: Readonly<Record<string, unknown>>, message: string): void;
    error(fields: Readonly<Record<string, unknown>>, message: string): void;
  };
}

/** In milliseconds. */
const probeEvery = 2_000;
const refusalLasts = 3_000;

export class WriteHealth {
  readonly #options: WriteHealthOptions;
  #refusal: string | undefined;
  #refusedAt = 0;
  #probing: ReturnType<typeof setInterval> | undefined;

  constructor(options: WriteHealthOptions) {
    this.#options = options;
  }

  /** Why writes are refused; undefined while they are accepted. */
  get refusal(): string | undefined {
    return this.#refusal;
  }

  refused(reason: string): void {
    if (this.#refusal === undefined) this.#options.log.error({ reason }, "the store takes no writes");
    this.#refusal = reason;
    this.#refusedAt = performance.now();
    // The error of a probe is ignored: it tells the refusal that is known already.
    this.#probing ??= setInterval(() => void this.#options.probe().catch(() => undefined), probeEvery).unref();
  }

  taken(): void {
    if (this.#refusal === undefined || performance.now() - this.#refusedAt < refusalLasts) return;
    this.#options.log.info({}, "the store takes writes again");
    this.#refusal = undefined;
    this.close();
  }

  /** Stops probing. */
  close(): void {
    clearInterval(this.#probing);
    this.#probing = undefined;
  }
}
