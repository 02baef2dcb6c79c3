/** Reads the segments of queries. Since segments never change, the last ones read are kept, with at most `mostSubtasks` together. */

import { LRUCache } from "lru-cache";
import type { ZooKeeper } from "../zookeeper.ts";
import { parseSegment, type Segment } from "./encoding.ts";
import { isSegmentName, segmentSequence } from "./layout.ts";

const mostSubtasks = 200_000;

export interface QuerySegments {
  readonly query: string;
  /** Distinguishes the query from an earlier one with the same name. */
  readonly era: string;
  /** When the query was created, in milliseconds since the epoch by the server's clock. */
  readonly since: number;
  /** Grows with each request for the query. */
  readonly version: number;
  /** The names of its segments, in their order. */
  readonly names: readonly string[];
}

export class Segments {
  readonly #kept = new LRUCache<string, Segment>({ maxSize: mostSubtasks, sizeCalculation: ({ hashes }) => Math.max(1, hashes.length) });

  /** Lists a query's segments; undefined if there is no such query. */
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

  /** Reads a segment; empty if it is gone or malformed. */
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
