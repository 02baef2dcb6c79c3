/**
 * Sets a watch on each of a few watched subtasks, so that their ends are heard without another request. The lists tell of all others: those beyond
 * `mostAtATime`, and those that do not exist yet.
 *
 * A watch ends with its znode or with the session. It is not set again if nobody watches the subtask any more.
 */
import client from "node-zookeeper-client";
import type { Content } from "../protocol/session.ts";
import { unlessInDoubt } from "../protocol/zookeeper-error.ts";
import { subtaskPath } from "../znodes/layout.ts";
import type { ZooKeeper } from "../zookeeper.ts";

export interface SingleWatchesOptions {
  readonly zookeeper: ZooKeeper;
  readonly isWatched: (hash: string) => boolean;
  /** Called when the subtask is gone; `order` is comparable with those of answers. */
  readonly onGone: (hash: string, order: number) => void;
  /** Called when the subtask was changed, with what it has now. */
  readonly onChanged: (hash: string, content: Content) => void;
}

const mostAtATime = 64;

export class SingleWatches {
  readonly #options: SingleWatchesOptions;
  readonly #watched = new Set<string>();

  constructor(options: SingleWatchesOptions) {
    this.#options = options;
  }

  /** Watches a subtask, which must exist. */
  follow(hash: string): void {
    if (this.#watched.has(hash) || this.#watched.size >= mostAtATime) return;
    this.#watched.add(hash);
    this.#guard(this.#look(hash));
  }

  async #look(hash: string): Promise<Content | undefined> {
    const { session, layout, lost } = this.#options.zookeeper;
    let content: Content | undefined;
    try {
      content = await session.get(subtaskPath(layout, hash), (event) => this.#changed(hash, event.getType()));
      return content;
    } finally {
      if (content === undefined || lost.aborted) this.#watched.delete(hash);
    }
  }

  #changed(hash: string, type: number): void {
    const { zookeeper, isWatched, onGone, onChanged } = this.#options;
    this.#watched.delete(hash);
    if (zookeeper.lost.aborted || !isWatched(hash)) return;
    // The report comes after the latest answer and before the next one, so its order lies between theirs.
    if (type === client.Event.NODE_DELETED) onGone(hash, zookeeper.session.latest + 0.5);
    else {
      this.#watched.add(hash);
      this.#guard(this.#look(hash).then((content) => content && onChanged(hash, content)));
    }
  }

  #guard(work: Promise<unknown>): void {
    work.catch(unlessInDoubt(this.#options.zookeeper.onError));
  }
}
