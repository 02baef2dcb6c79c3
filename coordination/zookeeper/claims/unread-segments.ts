/** The segments that a node knows but has not read. Those of the best priority come first; among these, those of queries of which nothing was read. */
import { pause } from "../../../base/pause.ts";
import { parseSegment, type Segment } from "../znodes/encoding.ts";
import { segmentSequence } from "../znodes/layout.ts";
import { logSkip } from "../znodes/skip-log.ts";
import type { ZooKeeper } from "../zookeeper.ts";
import type { QueryEntry } from "./entries.ts";

/** A segment that was read; `order` is the order of the answer. */
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

/** In milliseconds. */
const betweenReads = 20;

export class UnreadSegments {
  readonly #zookeeper: ZooKeeper;
  readonly #isUrgent: () => boolean;
  #unread: Unread[] = [];
  #isSorted = true;

  /** While nothing is urgent, further segments of a query are read slowly, so that claims go first. */
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

  /** Forgets all segments of a query. */
  drop(query: QueryEntry): void {
    this.#unread = this.#unread.filter((unread) => unread.query !== query);
  }

  /** Reads the best segment; undefined if there is none. `read` is absent if the segment is gone or unusable. If reading rejects, the segment stays unread. */
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

  /** The index of the first segment of the best priority whose query was not read at all, so that a long query does not hide others. */
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
