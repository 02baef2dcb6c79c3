/**
 * Remembers whether a store takes writes, and sees the end of a refusal although nobody writes.
 *
 *   taken ⇄ refused    in `refused` a small write is tried now and then, so that the end of it is seen although nobody writes. On a full disk
 *                      small writes are taken between larger ones that are not, so `refused` ends only where nothing was refused for a while
 */
import { clearInterval, setInterval } from "node:timers";

export interface WriteHealthOptions {
  /** Resolves where a write is taken; tells `refused` and `taken` like any other write. */
  readonly probe: () => Promise<void>;
  readonly log: {
    info(fields: Readonly<Record<string, unknown>>, message: string): void;
    error(fields: Readonly<Record<string, unknown>>, message: string): void;
  };
}

/** Milliseconds. */
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

  /** Why writes are refused; undefined where they are taken. */
  get refusal(): string | undefined {
    return this.#refusal;
  }

  refused(reason: string): void {
    if (this.#refusal === undefined) this.#options.log.error({ reason }, "the store takes no writes");
    this.#refusal = reason;
    this.#refusedAt = performance.now();
    // The error of a probe is the refusal that is known already.
    this.#probing ??= setInterval(() => void this.#options.probe().catch(() => undefined), probeEvery).unref();
  }

  taken(): void {
    if (this.#refusal === undefined || performance.now() - this.#refusedAt < refusalLasts) return;
    this.#options.log.info({}, "the store takes writes again");
    this.#refusal = undefined;
    this.close();
  }

  /** Ends the probes. */
  close(): void {
    clearInterval(this.#probing);
    this.#probing = undefined;
  }
}
