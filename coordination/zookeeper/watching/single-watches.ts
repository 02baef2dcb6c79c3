/**
 * One watch each on a few of the subtasks that somebody watches: of these the end is heard without another question. What is beyond `mostAtATime`,
 * or not there yet, is heard of by the lists, as everything is.
 *
 * A watch goes with its znode or with the session; those that nobody watches any more are not set again.
 */
import zookeeper from "node-zookeeper-client";
import type { SessionContext } from "../context.ts";
import type { Content } from "../protocol/session.ts";
import { isInDoubt } from "../protocol/zookeeper-error.ts";
import { subtaskPath } from "../znodes/layout.ts";

export interface SingleWatchesOptions {
  readonly context: SessionContext;
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

  /** Of a subtask that is there. */
  follow(hash: string): void {
    if (this.#watched.has(hash) || this.#watched.size >= mostAtATime) return;
    this.#watched.add(hash);
    this.#guard(this.#look(hash));
  }

  async #look(hash: string): Promise<Content | undefined> {
    const { session, layout, lost } = this.#options.context;
    let content: Content | undefined;
    try {
      content = await session.get(subtaskPath(layout, hash), (event) => this.#changed(hash, event.getType()));
      return content;
    } finally {
      if (content === undefined || lost.aborted) this.#watched.delete(hash);
    }
  }

  #changed(hash: string, type: number): void {
    const { context, isWatched, onGone, onChanged } = this.#options;
    this.#watched.delete(hash);
    if (context.lost.aborted || !isWatched(hash)) return;
    // ZooKeeper tells of it before the next answer, and after the one before.
    if (type === zookeeper.Event.NODE_DELETED) onGone(hash, context.session.latest + 0.5);
    else {
      this.#watched.add(hash);
      this.#guard(this.#look(hash).then((content) => content && onChanged(hash, content)));
    }
  }

  #guard(work: Promise<unknown>): void {
    work.catch((error: unknown) => {
      // After a lost connection the lists are looked at again.
      if (!isInDoubt(error)) this.#options.context.onError(error);
    });
  }
}
