/** Reads the segments of queries. They never change, so those read last are kept: at most `mostSubtasks` in them together. */

import { LRUCache } from "lru-cache";
import type { ZooKeeper } from "../zookeeper.ts";
import { parseSegment, type Segment } from "./encoding.ts";
import { isSegmentName, segmentSequence } from "./layout.ts";

const mostSubtasks = 200_000;

export interface QuerySegments {
  readonly query: string;
  /** Tells a query from an earlier one of the same name. */
  readonly era: string;
  /** Milliseconds since the epoch, by the server's clock: when it came. */
  readonly since: number;
  /** Grows with everything that is asked of it. */
  readonly version: number;
  /** In their order. */
  readonly names: readonly string[];
}

export class Segments {
  readonly #kept = new LRUCache<string, Segment>({ maxSize: mostSubtasks, sizeCalculation: ({ hashes }) => Math.max(1, hashes.length) });

  /** Undefined where there is no such query. */
  async list({ session, layout }: ZooKeeper, query: string): Promise<QuerySegments | undefined> {
    const listing = await session.list(`${layout.queries}/${query}`);
    if (listing === undefined) return undefined;
    const names = listing.children.filter(isSegmentName).sort((a, b) => segmentSequence(a) - segmentSequence(b));
    return {
      query,
      era: listing.stat.czxid.toString("hex"),
      since: Number(listing.stat.ctime.readBigInt64BE()),
      version: listing.stat.version,
      names,
    };
  }

  /** Empty where it is gone or not a segment. */
  async read({ session, layout }: ZooKeeper, { query, era }: QuerySegments, name: string): Promise<Segment> {
    const key = `${query}/${name}@${era}`;
    const kept = this.#kept.get(key);
    if (kept !== undefined) return kept;
    const content = await session.get(`${layout.queries}/${query}/${name}`);
    const segment = content && parseSegment(content.data);
    if (segment === undefined) return empty;
    this.#kept.set(key, segment);
    return segment;
  }
}

const empty: Segment = { subtasks: [], hashes: [] };
