/**
 * Polls, since events may have been missed: a second after the last change, then with pauses that double while nothing changes. Changes delay the next look
 * by at most some seconds, and a new waiter can only make it earlier. After a look, there is a pause of at least `restAfterLook` times its duration. There
 * are never two looks at once.
 */
import { pauseAfter } from "../../../base/retry.ts";

export interface PollerOptions {
  /** Whether there is anything left that may change. */
  readonly isNeeded: () => boolean;
  /** Whether somebody waits for what a look may bring. */
  readonly isAwaited: () => boolean;
  readonly look: () => Promise<void>;
  readonly onError: (error: unknown) => void;
  readonly clock?: Clock;
}

export interface Clock {
  /** Milliseconds. */
  now(): number;
  /** Calls `action` once after this many milliseconds, unless the returned function is called before. */
  after(milliseconds: number, action: () => void): () => void;
}

/** Milliseconds. */
const firstPause = 1_000;
const longestAwaited = 5_000;
const longestOtherwise = 60_000;
const restAfterLook = 20;

const usualClock: Clock = {
  now: () => performance.now(),
  after(milliseconds, action) {
    const timer = setTimeout(action, milliseconds);
    // On Node, the timer would otherwise keep the process alive.
    (timer as Partial<{ unref(): void }>).unref?.();
    return () => clearTimeout(timer);
  },
};

export class Poller {
  readonly #options: PollerOptions;
  readonly #clock: Clock;
  /** One more than the number of looks in a row that found no change. */
  #quiet = 1;
  /** When something changed first since the last look. */
  #changed: number | undefined;
  /** When the last look ended, and the earliest time for the next one. */
  #ended: number;
  #earliest: number;
  /** When to look next. */
  #due: number;
  /** `at` is when it fires; never after `#due`. */
  #timer: { readonly at: number; readonly clear: () => void } | undefined;
  #isLooking = false;
  #isStopped = false;

  constructor(options: PollerOptions) {
    this.#options = options;
    this.#clock = options.clock ?? usualClock;
    this.#ended = this.#clock.now();
    this.#earliest = this.#ended;
    this.#due = this.#ended + firstPause;
  }

  /** Takes note of a change, which delays the next look. */
  changed(): void {
    this.#quiet = 1;
    this.#changed ??= this.#clock.now();
    this.#set(Math.min(this.#clock.now() + firstPause, this.#changed + longestAwaited));
  }

  /** Takes note of a new waiter, which makes the next look earlier. */
  awaited(): void {
    this.#set(Math.min(this.#due, this.#ended + pauseAfter(this.#quiet, { first: firstPause, longest: longestAwaited })));
  }

  /** Looks at once. */
  now(): void {
    this.#earliest = 0;
    this.#set(0);
  }

  stop(): void {
    this.#isStopped = true;
    this.#timer?.clear();
  }

  #set(due: number): void {
    this.#due = Math.max(due, this.#earliest);
    if (this.#isLooking || this.#isStopped || !this.#options.isNeeded()) return;
    // A timer that fires too early is set again then. There may be thousands of changes per second, so it is not reset at each.
    if (this.#timer && this.#timer.at <= this.#due) return;
    this.#timer?.clear();
    const clear = this.#clock.after(Math.max(0, this.#due - this.#clock.now()), () => {
      this.#timer = undefined;
      if (this.#due > this.#clock.now()) this.#set(this.#due);
      else void this.#look();
    });
    this.#timer = { at: this.#due, clear };
  }

  async #look(): Promise<void> {
    const { isNeeded, isAwaited, look, onError } = this.#options;
    if (!isNeeded()) return;
    const begun = this.#clock.now();
    // Reset before the look, since changes during it are newer than what it finds.
    this.#quiet++;
    this.#changed = undefined;
    this.#due = Number.POSITIVE_INFINITY;
    this.#isLooking = true;
    await look().catch(onError);
    this.#isLooking = false;
    this.#ended = this.#clock.now();
    const isUrgent = this.#due === 0;
    this.#earliest = isUrgent ? 0 : this.#ended + restAfterLook * (this.#ended - begun);
    const longest = isAwaited() ? longestAwaited : longestOtherwise;
    this.#set(isUrgent ? 0 : this.#ended + pauseAfter(this.#quiet, { first: firstPause, longest }));
  }
}
