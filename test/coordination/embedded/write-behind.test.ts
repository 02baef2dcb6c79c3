import assert from "node:assert/strict";
import { test } from "node:test";
import type { Journal } from "../../../coordination/embedded/journal.ts";
import { WriteBehind } from "../../../coordination/embedded/write-behind.ts";

/** A journal whose writes the test lets through, or refuses, one by one. */
function createGate() {
  const written: [number, string | undefined][][] = [];
  const waiting: { readonly resolve: () => void; readonly reject: (error: Error) => void }[] = [];
  let arrive = () => {};
  const journal: Journal = {
    async *load() {},
    write: (changes) =>
      new Promise((resolve, reject) => {
        waiting.push({
          resolve: () => {
            written.push([...changes]);
            resolve();
          },
          reject,
        });
        arrive();
      }),
    async close() {},
  };
  const next = async () => {
    if (waiting.length === 0) await new Promise<void>((resolve) => (arrive = resolve));
    return waiting.shift()!;
  };
  return {
    journal,
    written,
    pass: async () => (await next()).resolve(),
    refuse: async () => (await next()).reject(new Error("full")),
    waiting,
  };
}

/** A thing whose record is its current value. */
const thing = (number: number, value: string) => ({ number, value, record: () => thingValue(value) });
const thingValue = (value: string) => (value === "gone" ? undefined : value);

test("WriteBehind.flush writes what is true when its turn comes, once per thing", async () => {
  const { journal, written, pass } = createGate();
  const writer = new WriteBehind(journal);
  const item = { number: 1, value: "first", record: () => item.value };
  writer.mark(item);
  writer.mark(item);
  const flushed = writer.flush();
  item.value = "second";
  await pass();
  await flushed;
  assert.deepEqual(written, [[[1, "second"]]]);
});

test("WriteBehind.flush: calls during a write share the next one, which has all that was marked before them", async () => {
  const { journal, written, pass, waiting } = createGate();
  const writer = new WriteBehind(journal);
  writer.mark(thing(1, "a"));
  const first = writer.flush();
  while (waiting.length === 0) await Promise.resolve();
  writer.mark(thing(2, "b"));
  const second = writer.flush();
  writer.mark(thing(3, "gone"));
  const third = writer.flush();
  await pass();
  await first;
  assert.deepEqual(written, [[[1, "a"]]]);
  await pass();
  await Promise.all([second, third]);
  assert.deepEqual(written.slice(1), [
    [
      [2, "b"],
      [3, undefined],
    ],
  ]);
});

test("WriteBehind.flush with nothing marked resolves after the write under way", async () => {
  const { journal, pass, waiting } = createGate();
  const writer = new WriteBehind(journal);
  await writer.flush();
  writer.mark(thing(1, "a"));
  const first = writer.flush();
  while (waiting.length === 0) await Promise.resolve();
  let isSettled = false;
  const second = writer.flush().then(() => (isSettled = true));
  await Promise.resolve();
  assert.equal(isSettled, false);
  await pass();
  await Promise.all([first, second]);
});

test("WriteBehind.flush rejects for all who wait, and what was refused goes with the next", async () => {
  const { journal, written, pass, refuse } = createGate();
  const writer = new WriteBehind(journal);
  writer.mark(thing(1, "a"));
  const refused = [writer.flush(), writer.flush()];
  await refuse();
  for (const outcome of await Promise.allSettled(refused)) assert.equal(outcome.status, "rejected");
  writer.mark(thing(2, "b"));
  const flushed = writer.flush();
  await pass();
  await flushed;
  assert.deepEqual(written, [
    [
      [2, "b"],
      [1, "a"],
    ].sort(),
  ]);
});

test("WriteBehind.flush writes many things in bounded writes", async () => {
  const sizes: number[] = [];
  const journal: Journal = { async *load() {}, write: async (changes) => void sizes.push(changes.size), async close() {} };
  const writer = new WriteBehind(journal);
  for (let number = 0; number < 5000; number++) writer.mark(thing(number, "x"));
  await writer.flush();
  assert.deepEqual(sizes, [2000, 2000, 1000]);
});
