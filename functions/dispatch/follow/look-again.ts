/**
 * Looks again, where news may have been missed: a second after the last change, then with pauses that double while nothing changes, and at most
 * one part in `restAfterLook` of the time. Never two looks at once.
 */

export interface LookAgainOptions {
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

export class LookAgain {
  readonly #options: LookAgainOptions;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #pause = firstPause;
  /** From when on the pause counts. */
  #since = performance.now();
  #isLooking = false;
  #isStopped = false;

  constructor(options: LookAgainOptions) {
    this.#options = options;
  }

  /** Something changed, or somebody begins to wait. */
  soon(): void {
    this.#pause = firstPause;
    this.#since = performance.now();
    if (this.#timer === undefined && !this.#isLooking) this.#wait();
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
    const isChanged = this.#since > begun;
    const longest = isAwaited() ? longestAwaited : longestOtherwise;
    this.#pause = Math.max(isChanged ? firstPause : Math.min(longest, 2 * this.#pause), restAfterLook * (ended - begun));
    this.#since = ended;
    this.#wait();
  }
}
