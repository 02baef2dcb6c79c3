/**
 * Combines small transactions of a session into larger ones, which the server takes several times faster. Each part still happens completely or not at all. All
 * parts requested in one turn of the event loop are sent together, as far as `mostParts` and `mostBytes` allow. If one part is refused, the others are sent
 * again without it. If a second one is refused, the remaining parts are sent each by itself, all at once, so that even a bundle with many refused parts takes
 * at most three round trips.
 *
 * A combined transaction may begin with a heading, which describes what its labelled parts do. Since each heading builds on the one before, only one such
 * transaction is under way at a time; it may have more parts for that. A part that is sent by itself has no heading.
 */
import { setImmediate } from "node:timers";
import type { Operation } from "./operations.ts";
import type { Session } from "./session.ts";
import { ZooKeeperError } from "./zookeeper-error.ts";

/** Provides the operations that stand before the parts of a transaction, and hears what became of them. */
export interface Heading {
  describe(labels: readonly string[]): readonly Operation[];
  carriedOut(labels: readonly string[]): void;
  inDoubt(): void;
  /** The heading itself was refused. The transaction is tried again with what `describe` then returns. */
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
/** The most bytes of paths and data in one transaction: half of what a server accepts. */
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

  /** Resolves with the order of the answer. Rejects as `Session.commit` does, except that the error's index counts within this part. */
  commit(operations: readonly Operation[], label?: string): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#parts.push({ operations, label, resolve, reject });
      if (this.#isScheduled) return;
      this.#isScheduled = true;
      // All parts requested in this turn of the event loop are sent together.
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

/** Returns how many of the first parts fit into one transaction; at least one. */
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

/** Finds the part that the server refused. `before` is the number of operations that precede the parts. */
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
