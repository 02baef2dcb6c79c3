/**
 * Hears which subtasks the live nodes of other processes claim and complete, by one watch on each node's news (`znodes/node-news.ts`).
 *
 * A subtask may be done, removed and queued again. So each piece of news has an order: that of the moment at which the watch reported the change. What a later
 * answer showed is newer, since ZooKeeper reports a change before it shows any later one.
 */
import client from "node-zookeeper-client";
import { unlessInDoubt } from "../protocol/zookeeper-error.ts";
import { lastChanges, parseNews } from "../znodes/node-news.ts";
import { logSkip } from "../znodes/skip-log.ts";
import type { ZooKeeper } from "../zookeeper.ts";

export interface NewsFeedsOptions {
  readonly zookeeper: ZooKeeper;
  readonly isOwn: (node: string) => boolean;
  readonly onNews: (changes: ReturnType<typeof lastChanges>, order: number) => void;
}

interface Feed {
  /** The number of changes that the node had made at the last look. */
  count: number;
  /** The order of the first change that no look has shown yet; undefined if there is none. */
  changed: number | undefined;
  looked: number;
  timer: ReturnType<typeof setTimeout> | undefined;
}

/**
 * The milliseconds between two looks at one feed, multiplied by the number of other feeds. So even a process that follows hundreds looks at most some hundred
 * times per second.
 */
const betweenLooks = 4;

export class NewsFeeds {
  readonly #options: NewsFeedsOptions;
  readonly #feeds = new Map<string, Feed>();

  constructor(options: NewsFeedsOptions) {
    this.#options = options;
    options.zookeeper.lost.addEventListener("abort", () => this.setNodes([], 0), { once: true });
  }

  /** Sets the names of the live nodes. Nodes that are new in it have claimed nothing before `order`. */
  setNodes(names: readonly string[], order: number): void {
    const live = new Set(names.filter((name) => !this.#options.isOwn(name)));
    for (const name of this.#feeds.keys()) if (!live.has(name)) this.#drop(name);
    for (const name of live) {
      if (this.#feeds.has(name)) continue;
      this.#feeds.set(name, { count: 0, changed: undefined, looked: Number.NEGATIVE_INFINITY, timer: undefined });
      this.#look(name, order);
    }
  }

  /** Must be called after the connection was lost and restored. */
  resume(): void {
    for (const name of this.#feeds.keys()) this.#look(name, this.#options.zookeeper.session.latest);
  }

  #look(name: string, order: number): void {
    const feed = this.#feeds.get(name);
    if (feed === undefined) return;
    feed.changed ??= order;
    if (feed.timer !== undefined) return;
    const pause = feed.looked + betweenLooks * (this.#feeds.size - 1) - performance.now();
    const look = () => {
      feed.timer = undefined;
      feed.looked = performance.now();
      this.#read(name, feed).catch(unlessInDoubt(this.#options.zookeeper.onError));
    };
    if (pause <= 0) look();
    else feed.timer = setTimeout(look, pause);
  }

  async #read(name: string, feed: Feed): Promise<void> {
    const { zookeeper, onNews } = this.#options;
    const { session, layout, log } = zookeeper;
    const path = `${layout.news}/${name}`;
    const content = await session.get(path, (event) => {
      if (event.getType() === client.Event.NODE_DELETED) this.#drop(name);
      else this.#look(name, session.latest + 0.5);
    });
    if (this.#feeds.get(name) !== feed) return;
    if (content === undefined) return this.#drop(name);
    const order = feed.changed ?? -1;
    feed.changed = undefined;
    const news = parseNews(content.data);
    if (news === undefined) return logSkip(log, path);
    const fresh = Math.min(news.count - feed.count, news.latest.length);
    feed.count = news.count;
    if (fresh > 0) onNews(lastChanges(news.latest.slice(-fresh)), order);
  }

  #drop(name: string): void {
    clearTimeout(this.#feeds.get(name)?.timer);
    this.#feeds.delete(name);
  }
}
