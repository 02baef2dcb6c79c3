/**
 * The news of a node, in its znode below `news`: how many claims it has made and ended in this session, and the last ones. The transactions that make and end
 * claims set it, so that others hear of many changes by one watch. It only saves time: refused claims and the shards tell what others miss.
 */
import { type Operation, set } from "../protocol/operations.ts";
import { isHash } from "./layout.ts";

/** `+`: claimed; `-`: done; `=`: it waits again; `!`: it has failed, or was withdrawn. */
export type ClaimChange = "+" | "-" | "=" | "!";

export interface NodeNews {
  readonly count: number;
  /** The last changes, each with the hash of its subtask; the newest last. */
  readonly latest: readonly string[];
}

/** The most listed changes: as many as one transaction makes. */
const mostListed = 128;

const encodeNews = ({ count, latest }: NodeNews): Buffer => Buffer.from([count, ...latest].join("\n"));

export const noNews = encodeNews({ count: 0, latest: [] });

export function parseNews(data: Buffer): NodeNews | undefined {
  const [first = "", ...latest] = data.toString().split("\n");
  const isWhole = /^\d{1,15}$/.test(first) && latest.length <= mostListed;
  return isWhole && latest.every((each) => /^[-+=!]/.test(each) && isHash(each.slice(1))) ? { count: Number(first), latest } : undefined;
}

/** Returns what finally became of each subtask. */
export function lastChanges(latest: readonly string[]): Readonly<Record<ClaimChange, readonly string[]>> {
  const changes: Record<ClaimChange, string[]> = { "+": [], "-": [], "=": [], "!": [] };
  for (const [hash, change] of new Map(latest.map((each) => [each.slice(1), each[0] as ClaimChange]))) changes[change].push(hash);
  return changes;
}

/** The news as the node itself knows them. Only one transaction that sets them may be under way at a time. */
export class OwnNews {
  readonly #path: string;
  #news: NodeNews = { count: 0, latest: [] };
  #isGone = false;

  constructor(path: string) {
    this.#path = path;
  }

  /** Returns the operations to add to a transaction that makes these changes. */
  describe(changes: readonly string[]): readonly Operation[] {
    return changes.length === 0 || this.#isGone ? [] : [set(this.#path, encodeNews(this.#with(changes)))];
  }

  /** Must be called when that transaction was carried out. */
  carriedOut(changes: readonly string[]): void {
    this.#news = this.#with(changes);
  }

  /** Must be called when it may have been carried out. Others then assume that they have missed some changes. */
  inDoubt(): void {
    this.#news = { count: this.#news.count + mostListed, latest: [] };
  }

  /** Must be called when the znode does not exist. */
  refused(): void {
    this.#isGone = true;
  }

  #with(changes: readonly string[]): NodeNews {
    const { count, latest } = this.#news;
    return { count: count + changes.length, latest: [...latest, ...changes].slice(-mostListed) };
  }
}
