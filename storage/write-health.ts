/**
 * Remembers whether a store takes writes, and sees the end of a refusal although nobody writes.
 *
 *   taken ⇄ refused    in `refused` a small write is tried now and then, so that the end of it is seen although nobody writes
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

export class WriteHealth {
  readonly #options: WriteHealthOptions;
  #refusal: string | undefined;
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
    // The error of a probe is the refusal that is known already.
    this.#probing ??= setInterval(() => void this.#options.probe().catch(() => undefined), probeEvery).unref();
  }

  taken(): void {
    if (this.#refusal === undefined) return;
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
