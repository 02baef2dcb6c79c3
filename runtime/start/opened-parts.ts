/** The open parts of a process. They are closed in the opposite order, since each may use those that were opened before it. */
import type { Log } from "../../base/log.ts";

export class OpenedParts {
  readonly #open: { readonly what: string; readonly close: () => Promise<unknown> }[] = [];

  add(what: string, close: () => Promise<unknown>): void {
    this.#open.push({ what, close });
  }

  /** Closes all, one after another. Errors are logged, and the others are closed nevertheless. */
  async closeAll(log: Log): Promise<void> {
    for (let last = this.#open.pop(); last; last = this.#open.pop()) {
      try {
        await last.close();
      } catch (error) {
        log.error({ err: error }, `cannot close the ${last.what}`);
      }
    }
  }
}
