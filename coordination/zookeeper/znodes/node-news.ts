/**
 * What a node's znode below `news` says: how many claims the node made and ended in this session, and the last of them. The transactions that make and end
 * claims set it, so that others hear of many by one watch. It is for speed: what they miss of it, refused claims and the shards tell.
 */
import { type Operation, set } from "../protocol/operations.ts";
import { isHash } from "./layout.ts";

/** `+`: claimed; `-`: done; `=`: it waits again; `!`: it has failed, or was withdrawn. */
export type ClaimChange = "+" | "-" | "=" | "!";

export interface NodeNews {
  readonly count: number;
  /** The last ones of these, each with the hash of its subtask; the newest last. */
  readonly latest: readonly string[];
}

/** As many as one transaction changes. */
const mostListed = 128;

const encodeNews = ({ count, latest }: NodeNews): Buffer => Buffer.from([count, ...latest].join("\n"));

export const noNews = encodeNews({ count: 0, latest: [] });

export function parseNews(data: Buffer): NodeNews | undefined {
  const [first = "", ...latest] = data.toString().split("\n");
  const isWhole = /^\d{1,15}$/.test(first) && latest.length <= mostListed;
  return isWhole && latest.every((each) => /^[-+=!]/.test(each) && isHash(each.slice(1))) ? { count: Number(first), latest } : undefined;
}

/** What became of each subtask at last. */
export function lastChanges(latest: readonly string[]): Readonly<Record<ClaimChange, readonly string[]>> {
  const changes: Record<ClaimChange, string[]> = { "+": [], "-": [], "=": [], "!": [] };
  for (const [hash, change] of new Map(latest.map((each) => [each.slice(1), each[0] as ClaimChange]))) changes[change].push(hash);
  return changes;
}

/** As the node itself knows it. Of the transactions that set it one is under way at a time. */
export class OwnNews {
  readonly #path: string;
  #news: NodeNews = { count: 0, latest: [] };
  #isGone = false;

  constructor(path: string) {
    this.#path = path;
  }

  /** What goes with a transaction that makes these changes. */
  describe(changes: readonly string[]): readonly Operation[] {
    return changes.length === 0 || this.#isGone ? [] : [set(this.#path, encodeNews(this.#with(changes)))];
  }

  /** That transaction was carried out. */
  carriedOut(changes: readonly string[]): void {
    this.#news = this.#with(changes);
  }

  /** It may have been carried out: others take it that they missed some. */
  inDoubt(): void {
    this.#news = { count: this.#news.count + mostListed, latest: [] };
  }

  /** The znode is not there. */
  refused(): void {
    this.#isGone = true;
  }

  #with(changes: readonly string[]): NodeNews {
    const { count, latest } = this.#news;
    return { count: count + changes.length, latest: [...latest, ...changes].slice(-mostListed) };
  }
}
