import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type LineName,
  mostCandidates,
  mostPassed,
  mostServed,
  mostTaken,
  type OrderedItem,
  Scan,
  WaitingOrder,
} from "../../../coordination/queue/waiting-order.ts";

class Item implements OrderedItem<Item> {
  readonly name: string;
  previous: Item | undefined = undefined;
  next: Item | undefined = undefined;
  line: OrderedItem<Item>["line"] = undefined;

  constructor(name: string) {
    this.name = name;
  }
}

function addAll(order: WaitingOrder<Item>, place: LineName, names: readonly string[]): readonly Item[] {
  const items = names.map((name) => new Item(name));
  for (const item of items) order.add(item, place);
  return items;
}

/** The first that is preferred, or else the first. */
function takeNext(
  order: WaitingOrder<Item>,
  prefers: (item: Item) => boolean = () => false,
  without: ReadonlySet<string> = new Set(),
): Item | undefined {
  const { item = order.heads(1, without).next().value } = order.find(new Scan(), (candidate) => (prefers(candidate) ? 2 : 0), without);
  if (item) order.take(item, without);
  return item;
}

function takeAll(order: WaitingOrder<Item>): string {
  const names: string[] = [];
  for (let item = takeNext(order); item !== undefined; item = takeNext(order)) names.push(item.name);
  return names.join(" ");
}

/** Numbers in [0, 1) that a seed decides (mulberry32). */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

test("WaitingOrder follows priority, then turns of clients, then first come", () => {
  const order = new WaitingOrder<Item>();
  addAll(order, { priority: 5, client: "a" }, ["a1", "a2", "a3"]);
  addAll(order, { priority: 5, client: "b" }, ["b1"]);
  addAll(order, { priority: 999, client: "c" }, ["c1"]);
  addAll(order, { priority: 0, client: "c" }, ["c2"]);
  assert.equal(order.size, 6);
  assert.equal(takeAll(order), "c2 a1 b1 a2 a3 c1");
  assert.equal(order.size, 0);
  assert.equal(takeNext(order), undefined);
});

test("WaitingOrder.add with first puts an item at the start of its line", () => {
  const order = new WaitingOrder<Item>();
  const place = { priority: 5, client: "a" };
  addAll(order, place, ["a1", "a2"]);
  order.add(new Item("a0"), place, { first: true });
  assert.equal(takeAll(order), "a0 a1 a2");
});

test("WaitingOrder.add with first lets a client of which nothing else waits go on", () => {
  const order = new WaitingOrder<Item>();
  const place = { priority: 5, client: "a" };
  const [only] = addAll(order, place, ["a1"]);
  addAll(order, { priority: 5, client: "b" }, ["b1", "b2"]);
  order.take(only!);
  order.add(only!, place, { first: true });
  assert.equal(takeAll(order), "a1 b1 b2");
});

test("WaitingOrder.remove takes an item out of the middle, the ends and an order of one", () => {
  const order = new WaitingOrder<Item>();
  const items = addAll(order, { priority: 5, client: "a" }, ["1", "2", "3", "4", "5"]);
  for (const index of [2, 0, 4]) order.remove(items[index]!);
  order.remove(items[2]!);
  assert.equal(order.lineOf(items[2]!), undefined);
  assert.equal(order.lineOf(items[1]!)?.client, "a");
  assert.equal(takeAll(order), "2 4");
});

test("WaitingOrder.find looks for preferred items of all clients in turn, in the best priority only", () => {
  const order = new WaitingOrder<Item>();
  addAll(order, { priority: 5, client: "a" }, ["a1", "a2", "x3"]);
  addAll(order, { priority: 5, client: "b" }, ["b1", "x2"]);
  addAll(order, { priority: 6, client: "a" }, ["x9"]);
  const prefers = ({ name }: Item) => name.startsWith("x");
  assert.deepEqual(
    Array.from({ length: 5 }, () => takeNext(order, prefers)?.name),
    ["x2", "x3", "b1", "a1", "a2"],
  );
});

test("WaitingOrder.find looks at a bounded number of candidates", () => {
  const order = new WaitingOrder<Item>();
  for (let client = 0; client < 1000; client++) addAll(order, { priority: 5, client: `${client}` }, ["1", "2"]);
  let asked = 0;
  const prefersNone = () => {
    asked++;
    return false;
  };
  assert.equal(takeNext(order, prefersNone)?.name, "1");
  assert.equal(asked, mostCandidates);
});

test("WaitingOrder.find lets the client whose turn it is wait a bounded number of times", () => {
  const order = new WaitingOrder<Item>();
  addAll(order, { priority: 5, client: "patient" }, ["p"]);
  addAll(order, { priority: 5, client: "favourite" }, new Array(100).fill("x"));
  const taken = Array.from({ length: mostPassed + 1 }, () => takeNext(order, ({ name }) => name === "x")?.name);
  assert.equal(taken.join(""), `${"x".repeat(mostPassed)}p`);
});

test("WaitingOrder serves a bounded number of clients at a time, each until it has had its turn", () => {
  const order = new WaitingOrder<Item>();
  const clients = Array.from({ length: mostServed + 2 }, (_, index) => `${index}`);
  addAll(order, { priority: 5, client: "much" }, new Array(1000).fill("much"));
  for (const client of clients) addAll(order, { priority: 5, client }, [client, client, client]);
  const taken = Array.from({ length: 1000 + clients.length * 3 }, () => takeNext(order)!.name);
  const lastOf = (name: string) => taken.lastIndexOf(name);
  const first = clients.slice(0, mostServed - 1);
  assert.deepEqual(taken.slice(0, mostServed), ["much", ...first]);
  for (const name of first) assert(lastOf(name) < 3 * mostServed + 2, `${name}: ${lastOf(name)}`);
  assert(lastOf(first[0]!) < taken.indexOf(clients[mostServed]!));
  // A client with much work is still served, but not before those who came later with little.
  const before = taken.slice(0, lastOf(clients.at(-1)!)).filter((name) => name === "much").length;
  assert(before > 2 && before <= mostTaken, `${before}`);
  assert.equal(order.size, 0);
});

test("WaitingOrder agrees with a plain list that is searched, over random adds, moves and takes", () => {
  const random = createRandom(20260722);
  const pick = (count: number) => Math.floor(random() * count);
  const order = new WaitingOrder<Item>();
  /** The plain list: items in the order they came, and when each client of each priority had its last turn or came. */
  const waiting: { readonly item: Item; readonly place: LineName }[] = [];
  const turns = new Map<string, number>();
  const lineOf = ({ priority, client }: LineName) => `${priority} ${client}`;
  const forgetEmpty = (place: LineName) => {
    if (!waiting.some((other) => lineOf(other.place) === lineOf(place))) turns.delete(lineOf(place));
  };
  const takeFromList = (time: number): Item | undefined => {
    if (waiting.length === 0) return undefined;
    const best = Math.min(...waiting.map(({ place }) => place.priority));
    const lines = [...new Set(waiting.filter(({ place }) => place.priority === best).map(({ place }) => lineOf(place)))];
    const line = lines.reduce((first, other) => (turns.get(other)! < turns.get(first)! ? other : first));
    const [taken] = waiting.splice(
      waiting.findIndex(({ place }) => lineOf(place) === line),
      1,
    );
    turns.set(line, time);
    forgetEmpty(taken!.place);
    return taken!.item;
  };
  for (let time = 0; time < 5000; time++) {
    const action = random();
    if (action < 0.5) {
      const place = { priority: pick(4) * 333, client: `c${pick(5)}` };
      const item = new Item(`${time}`);
      order.add(item, place);
      waiting.push({ item, place });
      if (!turns.has(lineOf(place))) turns.set(lineOf(place), time);
    } else if (action < 0.6 && waiting.length > 0) {
      const [removed] = waiting.splice(pick(waiting.length), 1);
      order.remove(removed!.item);
      forgetEmpty(removed!.place);
    } else {
      assert.equal(takeNext(order)?.name, takeFromList(time)?.name);
    }
    assert.equal(order.size, waiting.length);
  }
});

test("WaitingOrder.find goes on where it stopped, and passes over what ranked 0 until the scan restarts", () => {
  const order = new WaitingOrder<Item>();
  const place = { priority: 5, client: "a" };
  const items = addAll(
    order,
    place,
    Array.from({ length: 1000 }, (_, index) => `${index}`),
  );
  const scan = new Scan();
  let asked = 0;
  const find = (wanted: string) =>
    order.find(scan, ({ name }) => {
      asked++;
      return name === wanted ? 2 : 0;
    });
  let finds = 0;
  for (let found = find("900"); ; found = find("900")) {
    finds++;
    if (found.item === undefined) {
      assert.equal(found.isComplete, false);
      continue;
    }
    assert.equal(found.item, items[900]);
    break;
  }
  assert.equal(asked, 901);
  assert.equal(finds, Math.ceil(901 / mostCandidates));
  // Items that it has passed over can be removed, including the one where it stopped.
  for (const index of [899, 898, 0]) order.remove(items[index]!);
  assert.equal(find("900").item, items[900]);
  assert.equal(find("1").item, undefined);
  scan.restart();
  assert.equal(find("1").item, items[1]);
  order.add(new Item("new"), place);
  let last = find("new");
  while (!last.isComplete) last = find("new");
  assert.equal(last.item?.name, "new");
});

test("WaitingOrder.find gives what ranks 2 before what ranks 1, and does not pass over the latter", () => {
  const order = new WaitingOrder<Item>();
  const items = addAll(order, { priority: 5, client: "a" }, ["0", "1", "0", "2", "1"]);
  const scan = new Scan();
  const find = () => order.find(scan, ({ name }) => Number(name) as 0 | 1 | 2).item;
  for (const index of [3, 1, 4]) {
    assert.equal(find(), items[index]);
    order.take(items[index]!);
  }
  assert.equal(find(), undefined);
});

test("WaitingOrder, without some clients, gives what it would give if nothing of these waited, and counts no turn against them", () => {
  const order = new WaitingOrder<Item>();
  const names = (client: string) => Array.from({ length: mostPassed + 2 }, (_, index) => `${client}${index}`);
  for (const client of ["a", "b", "c"]) addAll(order, { priority: 5, client }, names(client));
  addAll(order, { priority: 1, client: "a" }, ["urgent"]);
  const isOfC = ({ name }: Item) => name.startsWith("c");
  const taken = Array.from({ length: mostPassed + 1 }, () => takeNext(order, isOfC, new Set(["a"]))?.name);
  // The turn of b comes after the most that c may go before it; that of a is still the first.
  assert.deepEqual(taken, [...names("c").slice(0, mostPassed), "b0"]);
  assert.equal(
    takeNext(order, () => false, new Set(["a", "b", "c"])),
    undefined,
  );
  assert.equal(takeNext(order)?.name, "urgent");
  assert.equal(takeNext(order, isOfC)?.name, `c${mostPassed}`);
});
