/** Describes queries, and writes their statuses as JSON, each once for all clients that follow the query. Memory: bounded in bytes. */
import { LRUCache } from "lru-cache";
import type { QueryState, Status } from "../../api.ts";
import { type FollowedQuery, stateOf } from "../follow/followed-query.ts";
import { describeStatus } from "./describe-status.ts";

export interface WrittenStatus {
  readonly state: QueryState;
  readonly text: string;
  /** The milliseconds that writing it took. */
  readonly took: number;
}

interface Kept extends WrittenStatus {
  /** The progress of a plan, or the result, from which it was written. The reference is weak, since others decide how long to keep that. */
  readonly source: WeakRef<object>;
  readonly version: number;
  readonly hindrance: string;
}

const mostBytes = 64_000_000;
/** The bytes of a kept status in addition to its text. */
const ownBytes = 1_000;

export class WrittenStatuses {
  /** By the query's id. */
  readonly #kept = new LRUCache<string, Kept>({ maxSize: mostBytes, sizeCalculation: ({ text }) => ownBytes + 2 * text.length });

  readonly #hindrances: () => readonly string[];

  /** `hindrances`: why this server is not ready. */
  constructor(hindrances: () => readonly string[]) {
    this.#hindrances = hindrances;
  }

  describe(followed: FollowedQuery): Status {
    return describeStatus(followed, this.#hindrances());
  }

  get(followed: FollowedQuery): WrittenStatus {
    const { progress, result, query } = followed;
    const source = progress ?? result!;
    const version = progress?.version ?? 0;
    const state = stateOf(followed);
    const hindrance = this.#hindrances().join("; ");
    const known = this.#kept.get(query.id);
    if (known?.state === state && known.hindrance === hindrance && known.version === version && known.source.deref() === source)
      return known;
    const start = performance.now();
    const text = JSON.stringify(this.describe(followed));
    const written = { state, text, took: performance.now() - start, source: new WeakRef(source), version, hindrance };
    this.#kept.set(query.id, written);
    return written;
  }
}
