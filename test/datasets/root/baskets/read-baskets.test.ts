/** Baskets of every form, written by hand, as readBaskets reads them. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { FileBasket } from "../../../../datasets/root/baskets/branch.ts";
import { f32, f64, formOf, inTwo, read, text, u8, u16, u32 } from "./written-baskets.ts";

/** Plain values of lists in each range of entries, by JavaScript. */
function expectedOf(lists: readonly (readonly number[])[], from: number, to: number) {
  const offsets = [0];
  for (const list of lists.slice(from, to)) offsets.push(offsets.at(-1)! + list.length);
  return { values: lists.slice(from, to).flat(), offsets: [offsets] };
}

const lists = [[1, 2], [], [3], [4, 5, 6], [], [], [7], [8, 9], [10, 11, 12, 13]];
const vectorOf = (list: readonly number[]) => [
  ...u32(0x40000000 + 6 + 4 * list.length),
  ...u16(9),
  ...u32(list.length),
  ...list.flatMap(f32),
];

test("readBaskets reads any range of entries over baskets: scalars, fixed arrays, counted lists, vectors", async () => {
  for (let from = 0; from < lists.length; from++) {
    for (let to = from + 1; to <= lists.length; to++) {
      const range = { firstEntry: from, entries: to - from };
      const scalars = inTwo(
        lists.map((_, entry) => f32(entry / 2)),
        4,
        { hasOffsets: false },
      );
      const entries = lists.map((_, entry) => entry / 2).slice(from, to);
      assert.deepEqual((await read(scalars.bytes, { form: formOf({ type: "float32" }), ...scalars }, range)).values, entries);
      const room = { ...range, elements: [20] };
      const rests = inTwo(
        lists.map((list) => list.flatMap(f32)),
        4,
      );
      const rest = formOf({ type: "float32", levels: [{ kind: "rest" }] });
      assert.deepEqual(await read(rests.bytes, { form: rest, ...rests }, room), expectedOf(lists, from, to));
      const vectors = inTwo(lists.map(vectorOf), 4);
      const vector = formOf({ type: "float32", header: 6, levels: [{ kind: "counted" }] });
      assert.deepEqual(await read(vectors.bytes, { form: vector, ...vectors }, room), expectedOf(lists, from, to));
      const triples = inTwo(
        lists.map((list) => list.flatMap((value) => [0, 1, 2].flatMap((each) => f32(value * 10 + each)))),
        5,
      );
      const triple = formOf({ type: "float32", levels: [{ kind: "rest" }, { kind: "fixed", length: 3 }] });
      const expected = expectedOf(lists, from, to);
      assert.deepEqual(await read(triples.bytes, { form: triple, ...triples }, { ...range, elements: [20, 60] }), {
        values: expected.values.flatMap((value) => [value * 10, value * 10 + 1, value * 10 + 2]),
        offsets: [...expected.offsets, Array.from({ length: expected.values.length + 1 }, (_, index) => 3 * index)],
      });
    }
  }
});

test("readBaskets takes the lengths of lists from their counter where baskets have no entry offsets", async () => {
  const counter = inTwo(
    lists.map(({ length }) => u32(length)),
    2,
    { hasOffsets: false },
  );
  const values = inTwo(
    lists.map((list) => list.flatMap(f64)),
    6,
    { hasOffsets: false },
  );
  const moved = values.baskets.map((basket) => ({ ...basket, seek: basket.seek + counter.bytes.length }));
  const bytes = Uint8Array.from([...counter.bytes, ...values.bytes]);
  const form = formOf({ type: "float64", levels: [{ kind: "rest" }] });
  const place = { form, baskets: moved, counter: { type: "int32", baskets: counter.baskets } } as const;
  for (const [from, to] of [
    [0, 9],
    [3, 8],
    [6, 7],
  ] as const) {
    const range = { firstEntry: from, entries: to - from, elements: [20] };
    assert.deepEqual(await read(bytes, place, range), expectedOf(lists, from, to));
  }
  await assert.rejects(
    read(bytes, { form, baskets: moved }, { firstEntry: 0, entries: 9, elements: [20] }),
    /no other branch tells how long its lists are/,
  );
});

test("readBaskets reads members of objects, whole or member by member, and refuses another form of them", async () => {
  const fixed = [{ at: 0, word: 0x4000000a }];
  const object = (value: number) => [...u32(0x4000000a), ...u16(1), ...f64(value)];
  const head = (bytes: number, version: number) => [...u32(0x40000000 + bytes + 2), ...u16(version)];
  const whole = (list: readonly number[]) => [...head(4 + 14 * list.length, 3), ...u32(list.length), ...list.flatMap(object)];
  const members = (list: readonly number[]) => [
    ...head(6 + 10 * list.length, 0x4003),
    ...u16(1),
    ...u32(list.length),
    ...list.flatMap(() => u16(7)),
    ...list.flatMap(f64),
  ];
  const form = formOf({
    type: "float64",
    header: 6,
    levels: [{ kind: "counted" }],
    element: { bytes: 14, at: 6, fixed },
    memberwise: { bytes: 8, at: 0, before: 2, total: 10, fixed: [] },
  });
  const file = inTwo(
    lists.map((list, entry) => (entry % 2 ? members(list) : whole(list))),
    4,
  );
  const range = { firstEntry: 0, entries: 9, elements: [20] };
  assert.deepEqual(await read(file.bytes, { form, ...file }, range), expectedOf(lists, 0, 9));
  const { memberwise: _, ...wholeOnly } = form;
  await assert.rejects(read(file.bytes, { form: wholeOnly, ...file }, range), /entry 1 is damaged: .* member by member/);
  const short = inTwo([members([1]), members([2, 3])], 1);
  const larger = { ...form, memberwise: { ...form.memberwise!, total: 12 } };
  await assert.rejects(
    read(short.bytes, { form: larger, ...short }, { ...range, entries: 2 }),
    /entry 0 is damaged: the members of its objects have other sizes/,
  );
  const other = inTwo([whole([1]), whole([2]).with(13, 99)], 1);
  await assert.rejects(
    read(other.bytes, { form, ...other }, { ...range, entries: 2 }),
    /entry 1 is damaged: an object in it has another form/,
  );
});

test("readBaskets takes an object in any of the forms that its class may have: with a version, with a checksum instead, without a header", async () => {
  const versioned = { bytes: 14, at: 6, fixed: [{ at: 0, word: 0x4000000a }] };
  const checked = { bytes: 18, at: 10, fixed: [{ at: 0, word: 0x4000000e }] };
  const bare = { bytes: 8, at: 0, fixed: [] };
  const objects = {
    versioned: (value: number) => [...u32(0x4000000a), ...u16(1), ...f64(value)],
    checked: (value: number) => [...u32(0x4000000e), ...u16(0), ...u32(0xabcdef01), ...f64(value)],
    bare: f64,
  };
  const values = [1, 2.5, -3, 4, 5];
  const alone = formOf({ type: "float64", element: versioned, others: [checked, bare] });
  for (const object of Object.values(objects)) {
    for (const hasOffsets of [true, false]) {
      const file = inTwo(values.map(object), 2, { hasOffsets });
      assert.deepEqual((await read(file.bytes, { form: alone, ...file }, { firstEntry: 0, entries: 5 })).values, values);
    }
  }
  const listed = formOf({ type: "float64", levels: [{ kind: "rest" }], element: versioned, others: [checked] });
  for (const object of [objects.versioned, objects.checked]) {
    const file = inTwo(
      lists.map((list) => list.flatMap(object)),
      4,
    );
    assert.deepEqual(
      await read(file.bytes, { form: listed, ...file }, { firstEntry: 0, entries: 9, elements: [20] }),
      expectedOf(lists, 0, 9),
    );
  }
  const neither = inTwo([[...u32(0x4000000c), ...u16(1), ...f64(1), ...u16(0)], objects.versioned(2)], 1);
  await assert.rejects(read(neither.bytes, { form: alone, ...neither }, { firstEntry: 0, entries: 2 }), /entry 0 is damaged/);
});

test("readBaskets reads arrays in a list of leaves, and in objects of a list", async () => {
  const leaves = [0, 1, 2].map((entry) => [...u16(7), ...[0, 1, 2, 3, 4, 5].flatMap((at) => f32(10 * entry + at)), ...u8(1)]);
  const file = inTwo(leaves, 2, { hasOffsets: false });
  const levels = [
    { kind: "fixed", length: 2 },
    { kind: "fixed", length: 3 },
  ] as const;
  const form = formOf({ type: "float32", levels, element: { bytes: 27, at: 2, dimensions: [2, 3], fixed: [] } });
  assert.deepEqual(await read(file.bytes, { form, ...file }, { firstEntry: 0, entries: 3, elements: [6, 18] }), {
    values: [0, 10, 20].flatMap((entry) => [0, 1, 2, 3, 4, 5].map((at) => entry + at)),
    offsets: [
      [0, 2, 4, 6],
      [0, 3, 6, 9, 12, 15, 18],
    ],
  });
  const objects = inTwo(
    lists.map((list) => [
      ...u32(0x40000000 + 6 + 10 * list.length),
      ...u16(9),
      ...u32(list.length),
      ...list.flatMap((value) => [...u16(7), ...f32(value), ...f32(-value)]),
    ]),
    4,
  );
  const listed = formOf({
    type: "float32",
    header: 6,
    levels: [{ kind: "counted" }, { kind: "fixed", length: 2 }],
    element: { bytes: 10, at: 2, dimensions: [2], fixed: [] },
  });
  const { values, offsets } = expectedOf(lists, 0, 9);
  assert.deepEqual(await read(objects.bytes, { form: listed, ...objects }, { firstEntry: 0, entries: 9, elements: [20, 40] }), {
    values: values.flatMap((value) => [value, -value]),
    offsets: [...offsets, values.map((_, index) => 2 * index).concat(2 * values.length)],
  });
});

test("readBaskets reads lists of lists, strings, and numbers of few bits", async () => {
  const nested = lists.map((list, entry) => lists.slice(0, entry % 4).map((each) => [...each, ...list]));
  const inner = (list: readonly number[]) => [...u32(list.length), ...list.flatMap(f32)];
  const file = inTwo(
    nested.map((outer) => {
      const content = [...u32(outer.length), ...outer.flatMap(inner)];
      return [...u32(0x40000000 + content.length + 2), ...u16(1), ...content];
    }),
    5,
  );
  const form = formOf({ type: "float32", header: 6, levels: [{ kind: "counted" }, { kind: "counted" }] });
  const got = await read(file.bytes, { form, ...file }, { firstEntry: 2, entries: 6, elements: [30, 200] });
  const chosen = nested.slice(2, 8);
  const inners = chosen.flat();
  assert.deepEqual(got, {
    values: inners.flat(),
    offsets: [
      expectedOf(
        chosen.map((outer) => outer.map(() => 0)),
        0,
        6,
      ).offsets[0],
      expectedOf(inners, 0, inners.length).offsets[0],
    ],
  });

  const words = ["mu", "e", "", "mu", "tau"];
  const strings = inTwo(words.map(text), 2);
  assert.deepEqual(
    (await read(strings.bytes, { form: formOf({ type: "string" }), ...strings }, { firstEntry: 0, entries: 5 })).values,
    [0, 1, 2, 0, 3],
  );

  const steps = inTwo([0, 2 ** 9, 2 ** 10].map(u32), 1, { hasOffsets: false });
  const ranged = formOf({ type: "Double32_t", range: { lower: -1, upper: 3, bits: 10 } });
  assert.deepEqual((await read(steps.bytes, { form: ranged, ...steps }, { firstEntry: 0, entries: 3 })).values, [-1, 1, 3]);
  // 1.5, −2 and 0 in one byte of exponent and 12 bits of mantissa behind the sign.
  const short = inTwo([u8(127, 0x08, 0), u8(128, 0x20, 0), u8(0, 0, 0)], 1, { hasOffsets: false });
  const cut = formOf({ type: "Float16_t" });
  assert.deepEqual((await read(short.bytes, { form: cut, ...short }, { firstEntry: 0, entries: 3 })).values, [1.5, -2, 0]);
});

test("readBaskets refuses baskets that are longer, shorter, or of another length of entries than the tree says", async () => {
  const file = inTwo(
    lists.map((list) => list.flatMap(f32)),
    4,
  );
  const form = formOf({ type: "float32", levels: [{ kind: "rest" }] });
  const range = { firstEntry: 0, entries: 9, elements: [20] };
  const place = (change: Partial<FileBasket>) => ({ form, baskets: [{ ...file.baskets[0]!, ...change }, file.baskets[1]!] });
  await assert.rejects(read(file.bytes, place({ bytes: file.baskets[0]!.bytes - 1 }), range), /it states \d+ bytes where the tree states/);
  await assert.rejects(read(file.bytes, place({ seek: 1 }), range), /the key of a basket is damaged/);
  await assert.rejects(read(file.bytes, place({ seek: 2 ** 40 }), range), /needed, the file has/);
  await assert.rejects(read(file.bytes, place({ entries: 5 }), range), /a basket has 4 entries where the tree states 5/);
  await assert.rejects(read(file.bytes, place({}), { ...range, elements: [12] }), /more than the 12 values that are possible/);
  await assert.rejects(read(file.bytes, { form, baskets: file.baskets.slice(1) }, range), /do not follow one another/);
  await assert.rejects(read(file.bytes, { form, baskets: file.baskets.slice(0, 1) }, range), /its baskets have 4 of the 9 entries/);
  await assert.rejects(
    read(file.bytes, { form: formOf({ type: "float64" }), baskets: file.baskets }, { firstEntry: 0, entries: 9 }),
    /bytes where its 4 entries need 32/,
  );
});
