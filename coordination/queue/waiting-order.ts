/**
 * What waits, in order: lower priority numbers first; inside one priority clients take turns; inside one client first come, first served.
 *
 * At most `mostServed` clients of a priority take turns at a time, each until nothing of it waits or it has had `mostTaken`; then it goes behind all others
 * (round robin with a window). So where hundreds wait for a few subtasks each, some are done soon, instead of all late, and few programs are
 * in use at a time.
 *
 * A node that ranks some higher than others (it holds their columns) looks through the best priority, clients in turn, `mostCandidates` at a time;
 * but the client whose turn it is waits for at most `mostPassed` claims out of turn. Adding, leaving and taking cost constant time, looking at most
 * `mostCandidates`: what a scan ranked 0 it does not look at again until it restarts. Whoever looks may leave out some clients: then all is as if nothing
 * of these waited.
 */
import { type Linked, LinkedList } from "./linked-list.ts";

/** What the order needs of an item; the fields are the order's, from `add` to `remove` or `take`. */
export interface OrderedItem<T extends OrderedItem<T>> extends Linked<T> {
  line: Line<T> | undefined;
}

/** Tells in which line an item waits. */
export interface LineName {
  readonly priority: number;
  readonly client: string;
}

/** The line that an item stands in while no client is interested in it. */
export const lastLine: LineName = { priority: 999, client: "" };

/** One client's items of one priority. */
interface Line<T extends OrderedItem<T>> extends LineName, Linked<Line<T>> {
  readonly items: LinkedList<T>;
  /** How often another client went first out of turn. */
  passed: number;
  /** How many of its items were taken since it was behind all others. */
  taken: number;
  /** For each scan: the item up to which everything ranked 0, and the number of the scan's start that this is true of. */
  readonly seen: Map<Scan, { item: T | undefined; start: number }>;
}

/** What one node has looked at. */
export class Scan {
  start = 0;

  /** Ranks may be others now. */
  restart(): void {
    this.start++;
  }
}

/** `isComplete`: there is none of a higher rank. */
export interface Found<T> {
  readonly item: T | undefined;
  readonly isComplete: boolean;
}

interface Level<T extends OrderedItem<T>> {
  readonly turns: LinkedList<Line<T>>;
  readonly byClient: Map<string, Line<T>>;
}

type Clients = ReadonlySet<string>;
const nobody: Clients = new Set();

const priorities = 1000;
export const mostCandidates = 256;
export const mostPassed = 16;
export const mostServed = 16;
export const mostTaken = 16;

export class WaitingOrder<T extends OrderedItem<T>> {
  readonly #levels: (Level<T> | undefined)[] = new Array(priorities).fill(undefined);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** At the end of the client's line, or at its start; a client of which nothing else waits has its turn last, or at once. */
  add(item: T, { priority, client }: LineName, options?: { readonly first: boolean }): void {
    let level = this.#levels[priority];
    if (level === undefined) {
      level = { turns: new LinkedList(), byClient: new Map() };
      this.#levels[priority] = level;
    }
    let line = level.byClient.get(client);
    if (line === undefined) {
      line = { client, priority, items: new LinkedList(), passed: 0, taken: 0, seen: new Map(), previous: undefined, next: undefined };
      level.byClient.set(client, line);
      if (options?.first) level.turns.prepend(line);
      else level.turns.append(line);
    }
    if (options?.first) line.items.prepend(item);
    else line.items.append(item);
    item.line = line;
    this.#size++;
  }

  remove(item: T): void {
    const { line } = item;
    if (line === undefined) return;
    for (const seen of line.seen.values()) if (seen.item === item) seen.item = item.previous;
    line.items.remove(item);
    item.line = undefined;
    this.#size--;
    if (line.items.size > 0) return;
    const level = this.#levels[line.priority]!;
    level.turns.remove(line);
    level.byClient.delete(line.client);
    if (level.turns.size === 0) this.#levels[line.priority] = undefined;
  }

  /** Priority and client under which it waits; undefined where it does not. */
  lineOf(item: T): LineName | undefined {
    return item.line;
  }

  /** The first ones of the best priority, at most so many: clients in turn, each client's in its order. */
  *heads(most: number, without = nobody): Generator<T> {
    const heads: (T | undefined)[] = this.#lines(most, without).map(({ items }) => items.first);
    for (let given = 0, before = -1; given > before; ) {
      before = given;
      for (const [index, item] of heads.entries()) {
        if (item === undefined) continue;
        if (given++ >= most) return;
        yield item;
        heads[index] = item.next;
      }
    }
  }

  /** The first that ranks 2, or else 1, among the best priority's next that the scan has not passed over; `rankOf` may give 0 for what is below `least`. */
  find(scan: Scan, rankOf: (item: T, least: 1 | 2) => 0 | 1 | 2, without = nobody): Found<T> {
    const looks = this.#lines(mostCandidates, without).map((line) => startLook(line, scan));
    let second: T | undefined;
    let looked = 0;
    for (let before = -1; looked > before; ) {
      before = looked;
      for (const look of looks) {
        const { item } = look;
        if (item === undefined) continue;
        if (looked++ >= mostCandidates) return { item: second, isComplete: false };
        const rank = rankOf(item, second === undefined ? 1 : 2);
        if (rank === 2) return { item, isComplete: true };
        // What ranks below a second that is found already was not asked.
        if (second !== undefined || rank === 1) look.isPassing = false;
        if (rank === 1) second ??= item;
        else if (look.isPassing) look.seen.item = item;
        look.item = item.next;
      }
    }
    return { item: second, isComplete: true };
  }

  /** Its client has had its turn. */
  take(item: T, without = nobody): void {
    const line = item.line!;
    const { turns } = this.#levels[line.priority]!;
    const inTurn = firstLine(turns, without)!;
    if (line === inTurn) line.passed = 0;
    else inTurn.passed++;
    line.taken++;
    if (line.taken >= mostTaken) {
      line.taken = 0;
      turns.remove(line);
      turns.append(line);
    } else endTurn(turns, line);
    this.remove(item);
  }

  /** The first lines of the best priority; one that was passed over often enough has no other after it. */
  #lines(most: number, without: Clients): readonly Line<T>[] {
    const lines: Line<T>[] = [];
    for (const level of this.#levels) {
      for (let line = level && firstLine(level.turns, without); line !== undefined && lines.length < most; line = nextLine(line, without)) {
        lines.push(line);
        if (line.passed >= mostPassed) break;
      }
      if (lines.length > 0) break;
    }
    return lines;
  }
}

interface Look<T> {
  item: T | undefined;
  readonly seen: { item: T | undefined; start: number };
  /** Everything so far ranked 0. */
  isPassing: boolean;
}

function startLook<T extends OrderedItem<T>>(line: Line<T>, scan: Scan): Look<T> {
  let seen = line.seen.get(scan);
  if (seen?.start !== scan.start) {
    seen = { item: undefined, start: scan.start };
    line.seen.set(scan, seen);
  }
  return { item: seen.item === undefined ? line.items.first : seen.item.next, seen, isPassing: true };
}

/** One that takes turns comes last among those that do; one that was served out of turn stays where it is. */
function endTurn<T extends OrderedItem<T>>(turns: LinkedList<Line<T>>, line: Line<T>): void {
  let isServed = false;
  let other = turns.first;
  for (let before = 0; before < mostServed && other !== undefined; before++, other = other.next) isServed ||= other === line;
  if (!isServed) return;
  turns.remove(line);
  turns.insert(line, other);
}

const firstLine = <T extends OrderedItem<T>>({ first }: LinkedList<Line<T>>, without: Clients): Line<T> | undefined =>
  first !== undefined && without.has(first.client) ? nextLine(first, without) : first;

function nextLine<T extends OrderedItem<T>>({ next }: Line<T>, without: Clients): Line<T> | undefined {
  let line = next;
  while (line !== undefined && without.has(line.client)) line = line.next;
  return line;
}
