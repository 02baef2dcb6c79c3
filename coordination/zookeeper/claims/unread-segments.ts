/** Segments that a node knows of and has not read yet; those of the best priority come first, among these those of queries that it has nothing of. */
import { pause } from "../../../base/pause.ts";
import { parseSegment, type Segment } from "../znodes/encoding.ts";
import { segmentSequence } from "../znodes/layout.ts";
import { logSkip } from "../znodes/skip-log.ts";
import type { ZooKeeper } from "../zookeeper.ts";
import type { QueryEntry } from "./entries.ts";

/** `order`: of the answer that brought it. */
export interface ReadSegment {
  readonly segment: Segment;
  readonly order: number;
}

interface Unread {
  readonly query: QueryEntry;
  readonly name: string;
  /** The subtasks of the segment, where they came with the news of the query and need not be read. */
  readonly known?: ReadSegment;
}

/** Milliseconds. */
const betweenReads = 20;

export class UnreadSegments {
  readonly #zookeeper: ZooKeeper;
  readonly #isUrgent: () => boolean;
  #unread: Unread[] = [];
  #isSorted = true;

  /** Where nothing is urgent, more of a query is read slowly: claims go first. */
  constructor(zookeeper: ZooKeeper, { isUrgent }: { readonly isUrgent: () => boolean }) {
    this.#zookeeper = zookeeper;
    this.#isUrgent = isUrgent;
  }

  get size(): number {
    return this.#unread.length;
  }

  add(unread: Unread): void {
    const { query, name } = unread;
    query.segments.add(name);
    query.unread++;
    this.#unread.push(unread);
    this.#isSorted = false;
  }

  /** All of a query. */
  drop(query: QueryEntry): void {
    this.#unread = this.#unread.filter((unread) => unread.query !== query);
  }

  /** Reads the best; undefined where there is none, without `read` where it is gone, or of no form or use. It stays unread where that rejects. */
  async take(): Promise<{ readonly query: QueryEntry; readonly read?: ReadSegment } | undefined> {
    if (this.#unread.length > 0 && this.#freshest() === undefined && !this.#isUrgent()) await pause(betweenReads, this.#zookeeper.lost);
    const next = this.#takeNext();
    if (next === undefined) return undefined;
    const { query } = next;
    const { signal } = query.stop;
    const read = signal.aborted ? undefined : (next.known ?? (await this.#read(next)));
    query.unread--;
    return { query, ...(read && !signal.aborted && { read }) };
  }

  #takeNext(): Unread | undefined {
    return this.#unread.splice(this.#freshest() ?? 0, 1)[0];
  }

  /** Where the first of the best priority is of whose query nothing was read: a long query that came first does not keep others from being seen. */
  #freshest(): number | undefined {
    if (!this.#isSorted) this.#unread.sort(compare);
    this.#isSorted = true;
    const [first] = this.#unread;
    if (first === undefined) return undefined;
    const { priority } = first.query;
    for (const [index, { query }] of this.#unread.entries()) {
      if (query.priority !== priority) return undefined;
      if (query.entries.size === 0) return index;
    }
    return undefined;
  }

  async #read(unread: Unread): Promise<ReadSegment | undefined> {
    const { session, layout, log } = this.#zookeeper;
    const path = `${layout.queries}/${unread.query.hash}/${unread.name}`;
    try {
      const content = await session.get(path);
      const segment = content && parseSegment(content.data);
      if (content && segment === undefined) logSkip(log, path);
      return content && segment && { segment, order: content.order };
    } catch (error) {
      this.#unread.unshift(unread);
      throw error;
    }
  }
}

function compare(a: Unread, b: Unread): number {
  return a.query.priority - b.query.priority || firstInterest(a) - firstInterest(b) || segmentSequence(a.name) - segmentSequence(b.name);
}

const firstInterest = ({ query }: Unread): number => query.interests[0]?.sequence ?? 0;
