/**
 * The turns of clients inside one priority: which lines take turns, and which are behind others of their address.
 *
 * A client gives itself its name, so what one address may have is bounded, too: where clients of several addresses wait, `mostOfAddress` of each take turns,
 * and its others come behind these. So whoever asks under ever new names has few turns, and a class behind one address has some.
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
  /** The address that the client asked from, or what stands for it; all of whom it is not known are as of one. */
  readonly from?: string | undefined;
}

/** The line that an item stands in while no client is interested in it. */
export const lastLine: LineName = { priority: 999, client: "" };

/** The lines of one address and priority. */
interface Address<T extends OrderedItem<T>> {
  readonly from: string | undefined;
  /** How many of them take turns. */
  taking: number;
  /** The others, in their order. */
  readonly behind: LinkedList<Line<T>>;
}

/** One client's items of one priority. */
export interface Line<T extends OrderedItem<T>> extends LineName, Linked<Line<T>> {
  readonly items: LinkedList<T>;
  readonly address: Address<T>;
  /** It is among the turns, not behind others of its address. */
  takesTurns: boolean;
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

export interface Level<T extends OrderedItem<T>> {
  readonly turns: LinkedList<Line<T>>;
  readonly byClient: Map<string, Line<T>>;
  readonly addresses: Map<string | undefined, Address<T>>;
}

export type Clients = ReadonlySet<string>;

export const mostPassed = 16;
export const mostServed = 16;
/** So many clients of an address take turns while clients of others wait. */
export const mostOfAddress = 2;

/** A client of which nothing waited has its turn last, or at once; or it comes behind the others of its address. */
export function openLine<T extends OrderedItem<T>>(level: Level<T>, name: LineName, options?: { readonly first: boolean }): Line<T> {
  const { client, priority, from } = name;
  let address = level.addresses.get(from);
  if (address === undefined) {
    address = { from, taking: 0, behind: new LinkedList() };
    const others = level.addresses.size;
    level.addresses.set(from, address);
    if (others === 1) for (const other of level.addresses.values()) sendBehind(level, other);
  }
  const line: Line<T> = {
    client,
    priority,
    from,
    address,
    items: new LinkedList(),
    takesTurns: false,
    passed: 0,
    taken: 0,
    seen: new Map(),
    previous: undefined,
    next: undefined,
  };
  level.byClient.set(client, line);
  if (options?.first) {
    level.turns.prepend(line);
    line.takesTurns = true;
    address.taking++;
  } else {
    address.behind.append(line);
    letIn(level, address);
  }
  return line;
}

export function closeLine<T extends OrderedItem<T>>(level: Level<T>, line: Line<T>): void {
  const { address } = line;
  leave(level, line);
  level.byClient.delete(line.client);
  letIn(level, address);
  if (address.taking > 0 || address.behind.size > 0) return;
  level.addresses.delete(address.from);
  if (level.addresses.size === 1) for (const alone of level.addresses.values()) letIn(level, alone);
}

function leave<T extends OrderedItem<T>>(level: Level<T>, line: Line<T>): void {
  if (!line.takesTurns) {
    line.address.behind.remove(line);
    return;
  }
  level.turns.remove(line);
  line.takesTurns = false;
  line.address.taking--;
}

/** As many of an address as may take turns do; where there is no other, all. */
function letIn<T extends OrderedItem<T>>({ turns, addresses }: Level<T>, address: Address<T>): void {
  const most = addresses.size === 1 ? Number.POSITIVE_INFINITY : mostOfAddress;
  while (address.taking < most && address.behind.first !== undefined) {
    const line = address.behind.first;
    address.behind.remove(line);
    turns.append(line);
    line.takesTurns = true;
    address.taking++;
  }
}

/** Another address has come: those of this one that were in turn last take turns no more. */
function sendBehind<T extends OrderedItem<T>>(level: Level<T>, address: Address<T>): void {
  const taking: Line<T>[] = [];
  for (let line = level.turns.first; line !== undefined; line = line.next) if (line.address === address) taking.push(line);
  for (const line of taking.slice(mostOfAddress)) {
    leave(level, line);
    address.behind.append(line);
  }
}

/** Behind all others of its address, and then of all. */
export function goBehind<T extends OrderedItem<T>>(level: Level<T>, line: Line<T>): void {
  leave(level, line);
  line.address.behind.append(line);
  letIn(level, line.address);
}

/** One that takes turns comes last among those that do; one that was served out of turn stays where it is. */
export function endTurn<T extends OrderedItem<T>>(turns: LinkedList<Line<T>>, line: Line<T>): void {
  let isServed = false;
  let other = turns.first;
  for (let before = 0; before < mostServed && other !== undefined; before++, other = other.next) isServed ||= other === line;
  if (!isServed) return;
  turns.remove(line);
  turns.insert(line, other);
}

export function firstLines<T extends OrderedItem<T>>(list: LinkedList<Line<T>>, most: number, without: Clients): Line<T>[] {
  const lines: Line<T>[] = [];
  for (let line = firstLine(list, without); line !== undefined && lines.length < most; line = nextLine(line, without)) {
    lines.push(line);
    if (line.passed >= mostPassed) break;
  }
  return lines;
}

export const firstLine = <T extends OrderedItem<T>>({ first }: LinkedList<Line<T>>, without: Clients): Line<T> | undefined =>
  first !== undefined && without.has(first.client) ? nextLine(first, without) : first;

function nextLine<T extends OrderedItem<T>>({ next }: Line<T>, without: Clients): Line<T> | undefined {
  let line = next;
  while (line !== undefined && without.has(line.client)) line = line.next;
  return line;
}
