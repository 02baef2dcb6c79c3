/**
 * The order of waiting items: lower priority numbers first; clients take turns within a priority; the items of a client go in order of arrival.
 *
 * At most `mostServed` clients of a priority take turns at a time. Each does so until none of its items waits or `mostTaken` were taken; then it goes behind
 * all others (round robin with a window). So if hundreds of clients wait for a few subtasks each, some are done soon instead of all late, and few programs
 * are in use at a time.
 *
 * A node ranks some items higher, since it holds their columns. It looks through the best priority, clients in turn, `mostCandidates` items at a time;
 * but the client whose turn it is waits for at most `mostPassed` claims out of turn. Adding, removing and taking cost constant time, looking at most
 * `mostCandidates` steps: items that a scan ranked 0 are skipped until it restarts. A caller may leave out clients, as if none of their items
 * waited.
 */
import { type Linked, LinkedList } from "./linked-list.ts";

/** The fields that the order needs in an item. Only the order may change them, from `add` to `remove` or `take`. */
export interface OrderedItem<T extends OrderedItem<T>> extends Linked<T> {
  line: Line<T> | undefined;
}

/** Names the line in which an item waits. */
export interface LineName {
  readonly priority: number;
  readonly client: string;
}

/** The line of an item in which no client is interested. */
export const lastLine: LineName = { priority: 999, client: "" };

/** The waiting items of one client and priority. */
interface Line<T extends OrderedItem<T>> extends LineName, Linked<Line<T>> {
  readonly items: LinkedList<T>;
  /** How often other clients went first out of turn. */
  passed: number;
  /** How many of its items were taken since it last was behind all others. */
  taken: number;
  /** For each scan: the item up to which everything ranked 0, and the value of `Scan.start` for which this holds. */
  readonly seen: Map<Scan, { item: T | undefined; start: number }>;
}

/** Remembers which items a node has examined. */
export class Scan {
  start = 0;

  /** Forgets all that was examined, since ranks may have changed. */
  restart(): void {
    this.start++;
  }
}

/** The result of a search. `isComplete`: no waiting item has a higher rank. */
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
  /** No waiting item has a lower priority number. */
  #lowest = priorities;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Adds an item at the end of the client's line or, with `first`, at its start. A client without other items gets its turn last or, with `first`, at once. */
  add(item: T, { priority, client }: LineName, options?: { readonly first: boolean }): void {
    let level = this.#levels[priority];
    if (level === undefined) {
      level = { turns: new LinkedList(), byClient: new Map() };
      this.#levels[priority] = level;
      this.#lowest = Math.min(this.#lowest, priority);
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

  /** The priority and client under which the item waits; undefined if it does not wait. */
  lineOf(item: T): LineName | undefined {
    return item.line;
  }

  /** The first items of the best priority, at most `most`: from each client in turn, in the client's order. */
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

  /** Finds the first item of rank 2, else of rank 1, among the next items of the best priority that the scan has not examined. `rankOf` may return 0 below `least`. */
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
        // Once an item of rank 1 is found, `rankOf` need not tell rank 1 from 0, so the scan may not skip this item later.
        if (second !== undefined || rank === 1) look.isPassing = false;
        if (rank === 1) second ??= item;
        else if (look.isPassing) look.seen.item = item;
        look.item = item.next;
      }
    }
    return { item: second, isComplete: true };
  }

  /** Takes an item out, which counts as its client's turn. */
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

  /** The first lines of the best priority. They end with a line that was passed over often enough, so that no other goes before it. */
  #lines(most: number, without: Clients): readonly Line<T>[] {
    const lines: Line<T>[] = [];
    while (this.#lowest < priorities && this.#levels[this.#lowest] === undefined) this.#lowest++;
    for (let priority = this.#lowest; priority < priorities; priority++) {
      const level = this.#levels[priority];
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
  /** Whether all items so far ranked 0. */
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

/** Ends the turn of a line: it goes behind the others that take turns. A line that was served out of turn keeps its position. */
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
