/**
 * Decides when a job of programs tells what it has loaded. Each message costs more than loading a small column, so mostly all is told in the answer; but if the
 * job lasts, or waits for its turn, others may be waiting for these columns.
 */
import type { LoadedBefore } from "./worker-messages.ts";

/** In milliseconds: how long a load may be untold while programs compute. */
const longestUntold = 20;

export class ToldLoads {
  readonly #tell: (loads: readonly LoadedBefore[]) => void;
  readonly #now: () => number;
  #untold: LoadedBefore[] = [];
  #since = 0;

  constructor(tell: (loads: readonly LoadedBefore[]) => void, now: () => number = () => performance.now()) {
    this.#tell = tell;
    this.#now = now;
  }

  add(loaded: LoadedBefore): void {
    if (this.#untold.length === 0) this.#since = this.#now();
    this.#untold.push(loaded);
  }

  /** To be called between two steps of the job; `waits` if it now waits for its turn. */
  tellDue(waits: boolean): void {
    if (this.#untold.length > 0 && (waits || this.#now() - this.#since > longestUntold)) this.#tell(this.rest());
  }

  /** What was not told, to be told in the answer. */
  rest(): readonly LoadedBefore[] {
    const rest = this.#untold;
    this.#untold = [];
    return rest;
  }
}
