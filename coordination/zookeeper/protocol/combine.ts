/**
 * Brings small transactions of a session together into larger ones, which the server takes several times faster; each part still happens wholly or
 * not at all. What is asked for in one turn of the event loop goes together. Where one part is refused, the others go again without it.
 */
import { setImmediate } from "node:timers";
import type { Operation } from "./operations.ts";
import type { Session } from "./session.ts";
import { ZooKeeperError } from "./zookeeper-error.ts";

interface Part {
  readonly operations: readonly Operation[];
  readonly resolve: (order: number) => void;
  readonly reject: (error: unknown) => void;
}

const mostUnderWay = 4;
const mostParts = 32;

export class Combiner {
  readonly #session: Session;
  #parts: Part[] = [];
  #underWay = 0;
  #isScheduled = false;

  constructor(session: Session) {
    this.#session = session;
  }

  /** Gives the order of the answer. Rejects as `Session.commit` does, the index counted within this part. */
  commit(operations: readonly Operation[]): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#parts.push({ operations, resolve, reject });
      if (this.#isScheduled) return;
      this.#isScheduled = true;
      // What comes in the same turn goes together.
      setImmediate(() => {
        this.#isScheduled = false;
        this.#send();
      });
    });
  }

  #send(): void {
    while (this.#parts.length > 0 && this.#underWay < mostUnderWay) {
      const parts = this.#parts.slice(0, mostParts);
      this.#parts = this.#parts.slice(mostParts);
      this.#underWay++;
      void this.#commitAll(parts).finally(() => {
        this.#underWay--;
        this.#send();
      });
    }
  }

  async #commitAll(parts: readonly Part[]): Promise<void> {
    for (let left = parts; left.length > 0; ) {
      try {
        const { order } = await this.#session.commit(left.flatMap(({ operations }) => operations));
        for (const { resolve } of left) resolve(order);
        return;
      } catch (error) {
        const refused = findPart(left, error);
        if (refused === undefined) {
          for (const { reject } of left) reject(error);
          return;
        }
        refused.part.reject(refused.error);
        left = left.filter((part) => part !== refused.part);
      }
    }
  }
}

function findPart(parts: readonly Part[], error: unknown): { readonly part: Part; readonly error: ZooKeeperError } | undefined {
  if (!(error instanceof ZooKeeperError) || error.index < 0) return undefined;
  let index = error.index;
  for (const part of parts) {
    if (index < part.operations.length) return { part, error: new ZooKeeperError(error.code, error.message, { index, cause: error }) };
    index -= part.operations.length;
  }
  return undefined;
}
