/**
 * Which waiting subtask goes next: lower priority numbers first; inside one priority clients take turns; inside one client first come, first
 * served.
 *
 * A claimer that prefers some (it holds their columns) gets the first of these among the best priority's `mostCandidates`, clients in turn;
 * but the client whose turn it is waits for at most `mostPassed` such claims. Adding and leaving cost constant time, taking at most `mostCandidates`.
 */
import { type Linked, LinkedList } from "./linked-list.ts";

/** What the order needs of an item; the fields are the order's, from `add` to `remove` or `take`. */
export interface Waiting<T extends Waiting<T>> extends Linked<T> {
  line: Line<T> | undefined;
}

/** Where an item waits. */
export interface Place {
  readonly priority: number;
  readonly client: string;
}

/** One client's items of one priority. */
interface Line<T extends Waiting<T>> extends Place, Linked<Line<T>> {
  readonly items: LinkedList<T>;
  /** How often another client went first out of turn. */
  passed: number;
}

interface Level<T extends Waiting<T>> {
  readonly turns: LinkedList<Line<T>>;
  readonly byClient: Map<string, Line<T>>;
}

const priorities = 1000;
export const mostCandidates = 256;
export const mostPassed = 16;

export class WaitingOrder<T extends Waiting<T>> {
  readonly #levels: (Level<T> | undefined)[] = new Array(priorities).fill(undefined);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** At the end of the client's line, or at its start. */
  add(item: T, { priority, client }: Place, options?: { readonly first: boolean }): void {
    let level = this.#levels[priority];
    if (level === undefined) {
      level = { turns: new LinkedList(), byClient: new Map() };
      this.#levels[priority] = level;
    }
    let line = level.byClient.get(client);
    if (line === undefined) {
      line = { client, priority, items: new LinkedList(), passed: 0, previous: undefined, next: undefined };
      level.byClient.set(client, line);
      level.turns.append(line);
    }
    if (options?.first) line.items.prepend(item);
    else line.items.append(item);
    item.line = line;
    this.#size++;
  }

  remove(item: T): void {
    const { line } = item;
    if (line === undefined) return;
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
  placeOf(item: T): Place | undefined {
    return item.line;
  }

  /** Where it prefers none of the candidates, `otherwise` is asked of them too. */
  take(prefers?: (item: T) => boolean, otherwise?: (item: T) => boolean): T | undefined {
    const level = this.#levels.find((candidate) => candidate !== undefined);
    const inTurn = level?.turns.first;
    if (level === undefined || inTurn === undefined) return undefined;
    const item = (prefers && findPreferred(level, prefers)) ?? (otherwise && findPreferred(level, otherwise)) ?? inTurn.items.first!;
    const line = item.line!;
    if (line === inTurn) line.passed = 0;
    else inTurn.passed++;
    level.turns.remove(line);
    level.turns.append(line);
    this.remove(item);
    return item;
  }
}

function findPreferred<T extends Waiting<T>>({ turns }: Level<T>, prefers: (item: T) => boolean): T | undefined {
  const inTurn = turns.first!;
  const isDue = inTurn.passed >= mostPassed;
  const heads: (T | undefined)[] = [];
  for (let line: Line<T> | undefined = inTurn; line !== undefined && heads.length < mostCandidates; line = isDue ? undefined : line.next) {
    heads.push(line.items.first);
  }
  for (let looked = 0; looked < mostCandidates; ) {
    const before = looked;
    for (const [index, item] of heads.entries()) {
      if (item === undefined) continue;
      if (prefers(item)) return item;
      heads[index] = item.next;
      if (++looked >= mostCandidates) return undefined;
    }
    if (looked === before) return undefined;
  }
  return undefined;
}
