/**
 * One watch each on a few of the subtasks that somebody watches: of these the end is heard without another question. What is beyond `mostAtATime`,
 * or not there yet, is heard of by the lists, as everything is.
 *
 * A watch goes with its znode or with the session; those that nobody watches any more are not set again.
 */
import client from "node-zookeeper-client";
import type { Content } from "../protocol/session.ts";
import { unlessInDoubt } from "../protocol/zookeeper-error.ts";
import { subtaskPath } from "../znodes/layout.ts";
import type { ZooKeeper } from "../zookeeper.ts";

export interface SingleWatchesOptions {
  readonly zookeeper: ZooKeeper;
  readonly isWatched: (hash: string) => boolean;
  /** It is gone; `order` as of an answer. */
  readonly onGone: (hash: string, order: number) => void;
  /** It was changed, and read again. */
  readonly onChanged: (hash: string, content: Content) => void;
}

const mostAtATime = 64;

export class SingleWatches {
  readonly #options: SingleWatchesOptions;
  readonly #watched = new Set<string>();

  constructor(options: SingleWatchesOptions) {
    this.#options = options;
  }

  /** The subtask must be there. */
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
    // ZooKeeper tells of it before the next answer, and after the one before.
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
