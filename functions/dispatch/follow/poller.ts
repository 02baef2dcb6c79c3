/**
 * Looks again where news may have been missed: a second after the last change, then with pauses that double while nothing changes. Looks take at most one
 * part in `restAfterLook` of the time, and there are never two at once.
 */
import { pauseAfter } from "../../../base/retry.ts";

export interface PollerOptions {
  /** Whether there is anything left that may change. */
  readonly isNeeded: () => boolean;
  /** Whether somebody waits for what a look may bring. */
  readonly isAwaited: () => boolean;
  readonly look: () => Promise<void>;
  readonly onError: (error: unknown) => void;
}

/** Milliseconds. */
const firstPause = 1_000;
const longestAwaited = 5_000;
const longestOtherwise = 60_000;
const restAfterLook = 20;

export class Poller {
  readonly #options: PollerOptions;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Looks in a row that brought nothing, and one more. */
  #quiet = 1;
  #pause = firstPause;
  /** From when on the pause counts. */
  #since = performance.now();
  #isLooking = false;
  #isStopped = false;

  constructor(options: PollerOptions) {
    this.#options = options;
  }

  /** Something changed, or somebody begins to wait. */
  soon(): void {
    this.#quiet = 1;
    this.#pause = firstPause;
    this.#since = performance.now();
    if (this.#timer === undefined && !this.#isLooking) this.#wait();
  }

  /** There is a reason to look at once. */
  now(): void {
    this.#pause = 0;
    clearTimeout(this.#timer);
    if (!this.#isLooking) this.#wait();
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }

  #wait(): void {
    if (this.#isStopped || !this.#options.isNeeded()) return;
    const rest = this.#since + this.#pause - performance.now();
    const timer = setTimeout(
      () => {
        this.#timer = undefined;
        // What changed meanwhile did not touch the timer: there may be thousands of changes a second.
        if (this.#since + this.#pause > performance.now()) this.#wait();
        else void this.#look();
      },
      Math.max(0, rest),
    );
    // On Node it would keep a process alive that has nothing else to do.
    (timer as Partial<{ unref(): void }>).unref?.();
    this.#timer = timer;
  }

  async #look(): Promise<void> {
    const { isNeeded, isAwaited, look, onError } = this.#options;
    if (!isNeeded()) return;
    const begun = performance.now();
    this.#isLooking = true;
    try {
      await look();
    } catch (error) {
      onError(error);
    }
    this.#isLooking = false;
    const ended = performance.now();
    this.#quiet = this.#since > begun ? 1 : this.#quiet + 1;
    const longest = isAwaited() ? longestAwaited : longestOtherwise;
    this.#pause = Math.max(pauseAfter(this.#quiet, { first: firstPause, longest }), restAfterLook * (ended - begun));
    this.#since = ended;
    this.#wait();
  }
}
