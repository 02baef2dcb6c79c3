/**
 * Brings small transactions of a session together into larger ones, which the server takes several times faster; each part still happens wholly or
 * not at all. What is asked for in one turn of the event loop goes together, as far as `mostParts` and `mostBytes` allow. Where one part is refused, the others go
 * again without it; where a second one is refused, the rest go each by itself, all at once, so that a bundle of which much is refused takes no more than three turns.
 *
 * Transactions may have a heading, which says what their parts with a label do. Each heading builds on the one before, so that only one such transaction is under
 * way at a time; it takes more parts for that. A part that goes by itself has no heading.
 */
import { setImmediate } from "node:timers";
import type { Operation } from "./operations.ts";
import type { Session } from "./session.ts";
import { ZooKeeperError } from "./zookeeper-error.ts";

/** Operations that go before the parts of a transaction. */
export interface Heading {
  describe(labels: readonly string[]): readonly Operation[];
  carriedOut(labels: readonly string[]): void;
  inDoubt(): void;
  /** It alone was refused: what it gives next is tried. */
  refused(): void;
}

interface Part {
  readonly operations: readonly Operation[];
  readonly label: string | undefined;
  readonly resolve: (order: number) => void;
  readonly reject: (error: unknown) => void;
}

const mostUnderWay = 4;
const mostParts = 32;
const mostHeaded = 128;
/** Bytes of paths and data in a transaction: half of what a server takes. */
const mostBytes = 500_000;

export class Combiner {
  readonly #session: Session;
  readonly #heading: Heading | undefined;
  #parts: Part[] = [];
  #underWay = 0;
  #isScheduled = false;

  constructor(session: Session, heading?: Heading) {
    this.#session = session;
    this.#heading = heading;
  }

  /** Gives the order of the answer. Rejects as `Session.commit` does, the index counted within this part. */
  commit(operations: readonly Operation[], label?: string): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#parts.push({ operations, label, resolve, reject });
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
    while (this.#parts.length > 0 && this.#underWay < (this.#heading ? 1 : mostUnderWay)) {
      const count = countFitting(this.#parts, this.#heading ? mostHeaded : mostParts);
      const parts = this.#parts.slice(0, count);
      this.#parts = this.#parts.slice(count);
      this.#underWay++;
      void this.#commitAll(parts).finally(() => {
        this.#underWay--;
        this.#send();
      });
    }
  }

  async #commitAll(parts: readonly Part[], refusals = 0): Promise<void> {
    if (parts.length === 0) return;
    const labels = refusals < 2 ? parts.flatMap(({ label }) => label ?? []) : [];
    const heading = this.#heading?.describe(labels) ?? [];
    try {
      const { order } = await this.#session.commit([...heading, ...parts.flatMap(({ operations }) => operations)]);
      this.#heading?.carriedOut(labels);
      for (const { resolve } of parts) resolve(order);
    } catch (error) {
      if (error instanceof ZooKeeperError && error.index >= 0 && error.index < heading.length) {
        this.#heading!.refused();
        return this.#commitAll(parts, refusals);
      }
      const refused = findPart(parts, error, heading.length);
      if (refused === undefined) {
        this.#heading?.inDoubt();
        for (const { reject } of parts) reject(error);
        return;
      }
      refused.part.reject(refused.error);
      const left = parts.filter((part) => part !== refused.part);
      if (refusals === 0) await this.#commitAll(left, 1);
      else await Promise.all(left.map((part) => this.#commitAll([part], 2)));
    }
  }
}

/** One at least. */
function countFitting(parts: readonly Part[], most: number): number {
  let bytes = 0;
  let count = 0;
  for (const { operations } of parts.slice(0, most)) {
    for (const operation of operations) bytes += operation.path.length + ("data" in operation ? (operation.data?.length ?? 0) : 0);
    if (bytes > mostBytes && count > 0) break;
    count++;
  }
  return count;
}

/** `before`: how many operations come before them. */
function findPart(
  parts: readonly Part[],
  error: unknown,
  before: number,
): { readonly part: Part; readonly error: ZooKeeperError } | undefined {
  if (!(error instanceof ZooKeeperError) || error.index < 0) return undefined;
  let index = error.index - before;
  for (const part of parts) {
    if (index < part.operations.length) return { part, error: new ZooKeeperError(error.code, error.message, { index, cause: error }) };
    index -= part.operations.length;
  }
  return undefined;
}
