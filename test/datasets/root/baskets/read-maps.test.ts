/** Maps of numbers, whose bytes were written by hand; uproot's reader of maps reads the same of both of their forms. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { f64, formOf, inTwo, read, u16, u32 } from "./written-baskets.ts";

const head = (bytes: number, version: number) => [...u32(0x40000000 + bytes + 2), ...u16(version)];

/** Plain values of the lists, by JavaScript. */
function expectedOf(lists: readonly (readonly number[])[]) {
  const offsets = [0];
  for (const list of lists) offsets.push(offsets.at(-1)! + list.length);
  return { values: lists.flat(), offsets: [offsets] };
}

test("a map of numbers is read as pairs one after another, and as all keys and then all values", async () => {
  const lists = [[1, 2], [], [3], [4, 5, 6]];
  const keys = (list: readonly number[]) => list.flatMap((value) => u32(100 + value));
  const pairs = (list: readonly number[]) => [
    ...head(4 + 12 * list.length, 9),
    ...u32(list.length),
    ...list.flatMap((value) => [...u32(100 + value), ...f64(value)]),
  ];
  // The class of the pairs has version 0, and a checksum behind it.
  const members = (list: readonly number[]) => [
    ...head(10 + 12 * list.length, 0x4009),
    ...u16(0),
    ...u32(0xabcdef01),
    ...u32(list.length),
    ...keys(list),
    ...list.flatMap(f64),
  ];
  const file = inTwo(
    lists.map((list, entry) => (entry % 2 ? pairs(list) : members(list))),
    2,
  );
  const levels = [{ kind: "counted" }] as const;
  const range = { firstEntry: 0, entries: 4, elements: [6] };
  const second = formOf({
    type: "float64",
    header: 6,
    levels,
    element: { bytes: 12, at: 4, fixed: [] },
    memberwise: { bytes: 8, at: 0, before: 4, total: 12, fixed: [] },
  });
  assert.deepEqual(await read(file.bytes, { form: second, ...file }, range), expectedOf(lists));
  const first = formOf({
    type: "uint32",
    header: 6,
    levels,
    element: { bytes: 12, at: 0, fixed: [] },
    memberwise: { bytes: 4, at: 0, before: 0, total: 12, fixed: [] },
  });
  const expected = expectedOf(lists.map((list) => list.map((value) => 100 + value)));
  assert.deepEqual(await read(file.bytes, { form: first, ...file }, range), expected);
  const headed = inTwo([[...head(22, 9), ...u32(1), ...head(12, 1), ...u32(101), ...f64(1)], pairs([1])], 1);
  await assert.rejects(
    read(headed.bytes, { form: second, ...headed }, { ...range, entries: 2 }),
    /entry 0 is damaged: \d+ bytes are left over in it/,
    "pairs with headers of their own",
  );
});
