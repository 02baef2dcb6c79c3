/** Requests for memory that wait until there is room. They are served in order of arrival. */
import type { LeaseRequest } from "./lease.ts";

interface Waiter<Granted> {
  readonly request: LeaseRequest;
  readonly grant: (granted: Granted) => void;
  readonly refuse: (reason: unknown) => void;
}

export class WaitingRequests<Granted> {
  readonly #waiters: Waiter<Granted>[] = [];
  readonly #place: (request: LeaseRequest) => Granted | undefined;

  /** `place` grants a request if there is room. It throws if there can never be. */
  constructor(place: (request: LeaseRequest) => Granted | undefined) {
    this.#place = place;
  }

  get isEmpty(): boolean {
    return this.#waiters.length === 0;
  }

  /** Rejects with what `place` throws, or with the signal's reason. */
  enter(request: LeaseRequest): Promise<Granted> {
    const { signal } = request;
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      const leave = () => {
        this.#waiters.splice(this.#waiters.indexOf(waiter), 1);
        reject(signal.reason);
        this.admit();
      };
      const waiter: Waiter<Granted> = {
        request,
        grant: (granted) => {
          signal.removeEventListener("abort", leave);
          resolve(granted);
        },
        refuse: (reason) => {
          signal.removeEventListener("abort", leave);
          reject(reason);
        },
      };
      signal.addEventListener("abort", leave, { once: true });
      this.#waiters.push(waiter);
      this.admit();
    });
  }

  /** To be called whenever there may be more room. Serves waiters until one must go on waiting. */
  admit(): void {
    for (let first = this.#waiters[0]; first; first = this.#waiters[0]) {
      try {
        const granted = this.#place(first.request);
        if (!granted) return;
        this.#waiters.shift();
        first.grant(granted);
      } catch (error) {
        this.#waiters.shift();
        first.refuse(error);
      }
    }
  }
}
