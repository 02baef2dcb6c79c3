/** Statuses as JSON, each written once for all who follow the query. */
import type { QueryState } from "../../api.ts";
import { type FollowedQuery, stateOf } from "../follow/followed-query.ts";
import { describeStatus } from "./describe-status.ts";

export interface WrittenStatus {
  readonly state: QueryState;
  readonly text: string;
  /** Milliseconds that writing it took. */
  readonly took: number;
}

interface Texts {
  readonly version: number;
  /** By the query's id. */
  readonly texts: Map<string, WrittenStatus>;
}

/** Queries of one plan whose statuses are kept: they differ in names and labels only. */
const mostQueries = 50;

export class WrittenStatuses {
  /** By the progress of a plan, or its result. */
  readonly #written = new WeakMap<object, Texts>();

  get(followed: FollowedQuery): WrittenStatus {
    const { progress, result, query } = followed;
    const state = stateOf(followed);
    const source = progress ?? result!;
    const version = progress?.version ?? 0;
    let kept = this.#written.get(source);
    if (kept?.version !== version || kept.texts.size >= mostQueries) {
      kept = { version, texts: new Map() };
      this.#written.set(source, kept);
    }
    const known = kept.texts.get(query.id);
    if (known?.state === state) return known;
    const start = performance.now();
    const text = JSON.stringify(describeStatus(followed));
    const written: WrittenStatus = { state, text, took: performance.now() - start };
    kept.texts.set(query.id, written);
    return written;
  }
}
