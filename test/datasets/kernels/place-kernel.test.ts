import assert from "node:assert/strict";
import { test } from "node:test";
import { takeArea } from "../../../datasets/kernels/kernels.ts";
import { sequence } from "../read-for-test.ts";

interface Entry {
  readonly repetition: number;
  readonly definition: number;
}

/** Calls `place` for the entries piece by piece, and joins the results. */
function place(entries: readonly Entry[], element: number, full: number, piece: number) {
  const { kernels, buffer, base, bytes } = takeArea(16_384);
  const [repetition, definition, to, state] = [base, base + 2048, base + 4096, base + 15_000 - (base % 8)];
  new Int32Array(buffer, state, 5).fill(0);
  let placed = 0;
  for (let from = 0; from < entries.length; from += piece) {
    const some = entries.slice(from, from + piece);
    bytes.fill(255, repetition, to);
    bytes.set(
      some.map((entry) => entry.repetition),
      repetition,
    );
    bytes.set(
      some.map((entry) => entry.definition),
      definition,
    );
    new Int32Array(buffer, state, 5)[1] = 0;
    kernels.place(repetition, definition, some.length, element, full, to + 4 * placed, state);
    placed += new Int32Array(buffer, state, 5)[1]!;
  }
  const [elements, , values, unfounded, depth] = new Int32Array(buffer, state, 5);
  return { offsets: [...new Uint32Array(buffer, to, placed)], elements, values, isUnfounded: unfounded !== 0, depth };
}

/** The same, an entry after another. */
function placeSlowly(entries: readonly Entry[], element: number, full: number) {
  const offsets: number[] = [];
  let [elements, values, depth] = [0, 0, 0];
  let isUnfounded = false;
  for (const { repetition, definition } of entries) {
    const before = depth;
    depth = definition >= element ? 1 : 0;
    if (repetition === 0) offsets.push(elements);
    else if (!(before && depth)) isUnfounded = true;
    elements += depth;
    if (definition === full) values++;
  }
  return { offsets, elements, values, isUnfounded, depth };
}

test("place finds where lists begin as a loop over single level entries does, however they come in pieces", () => {
  const next = sequence(13);
  for (const count of [0, 1, 15, 16, 17, 33, 500]) {
    for (const piece of [1, 16, 37, 1000]) {
      let depth = 0;
      const entries = Array.from({ length: count }, () => {
        const repetition = depth === 0 ? 0 : next(2);
        const definition = repetition === 1 ? 2 + next(2) : next(4);
        depth = definition >= 2 ? 1 : 0;
        return { repetition, definition };
      });
      assert.deepEqual(place(entries, 2, 3, piece), placeSlowly(entries, 2, 3), `${count} entries, ${piece} at a time`);
    }
  }
});

test("place tells of any list that goes on without having begun, or without an element", () => {
  for (const count of [1, 16, 20]) {
    for (let wrong = 0; wrong < count; wrong++) {
      const sound = Array.from({ length: count }, () => ({ repetition: 0, definition: 3 }));
      const unbegun = sound.map((entry, at) =>
        at === wrong ? { repetition: 1, definition: 3 } : at === wrong - 1 ? { repetition: 0, definition: 0 } : entry,
      );
      const empty = sound.map((entry, at) => (at === wrong ? { repetition: 1, definition: 1 } : entry));
      for (const entries of [unbegun, empty])
        for (const piece of [7, 100]) assert.equal(place(entries, 2, 3, piece).isUnfounded, true, `${wrong} of ${count}`);
    }
  }
});

test("countEqual counts bytes of a value, whatever lies behind them", () => {
  const { kernels, bytes, base } = takeArea(256);
  for (const count of [0, 1, 15, 16, 17, 100]) {
    bytes.fill(3, base, base + 200);
    for (let at = 0; at < count; at++) bytes[base + at] = at % 3;
    assert.equal(kernels.countEqual(base, count, 2), Math.floor(count / 3));
    assert.equal(kernels.countEqual(base, count, 3), 0);
  }
});
