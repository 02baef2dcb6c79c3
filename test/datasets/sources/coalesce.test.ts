import assert from "node:assert/strict";
import { test } from "node:test";
import { planReads, stretchesOf } from "../../../datasets/sources/coalesce.ts";
import type { ByteRange } from "../../../datasets/sources/source.ts";
import { seeded, seedOr } from "../../support/seeded.ts";

const range = (start: number, end: number): ByteRange => ({ start, end });
const plan = (ranges: readonly ByteRange[], gap: number, most = 1000) =>
  planReads(ranges, { gap, most }).map(({ pieces }) => pieces.map(({ start, end }) => `${start}–${end}`).join(" "));

test("planReads joins ranges over gaps that cost less than a read", () => {
  assert.deepEqual(plan([range(0, 10), range(15, 20), range(31, 40)], 10), ["0–10 15–20", "31–40"]);
  assert.deepEqual(plan([range(0, 10), range(15, 20), range(30, 40)], 10), ["0–10 15–20 30–40"]);
  assert.deepEqual(plan([range(0, 10), range(10, 20)], 0), ["0–10 10–20"]);
});

test("planReads reads first what is needed first", () => {
  assert.deepEqual(plan([range(500, 510), range(0, 10), range(515, 520)], 10), ["500–510 515–520", "0–10"]);
});

test("planReads bounds the size of a read, and cuts larger ranges", () => {
  assert.deepEqual(plan([range(0, 60), range(60, 120)], 10, 100), ["0–60", "60–120"]);
  assert.deepEqual(plan([range(0, 250)], 10, 100), ["0–100", "100–200", "200–250"]);
});

test("planReads reads what several ask for once", () => {
  assert.deepEqual(plan([range(0, 10), range(0, 10), range(5, 20)], 0), ["0–20"]);
  assert.deepEqual(plan([range(5, 5)], 0), []);
});

test("planReads puts stretches together where there are more than may be read at a time, in the order of need", () => {
  const ranges = [90, 10, 50, 30, 70].map((start) => range(start, start + 5));
  const together = (atATime: number, mostStretches: number, most = 1000) =>
    planReads(ranges, { gap: 0, most, atATime, mostStretches }).map(({ pieces }) => pieces.map(({ start }) => start));
  assert.deepEqual(together(5, 8), [[90], [10], [50], [30], [70]]);
  assert.deepEqual(together(2, 8), [
    [10, 50, 90],
    [30, 70],
  ]);
  assert.deepEqual(together(1, 2), [[10, 90], [30, 50], [70]]);
  assert.deepEqual(together(1, 8, 12), [[10, 90], [30, 50], [70]]);
});

test("stretchesOf tells what is fetched of ranges that follow each other", () => {
  assert.deepEqual(stretchesOf([range(0, 5), range(8, 9), range(20, 30)], 3), [range(0, 9), range(20, 30)]);
  assert.deepEqual(stretchesOf([], 3), []);
});

test("planReads covers random ranges, each byte once, in reads that are bounded", () => {
  const random = seeded(seedOr(5));
  for (let round = 0; round < 300; round++) {
    const ranges = Array.from({ length: random.below(20) }, () => {
      const start = random.below(500);
      return range(start, start + random.below(60));
    });
    const [gap, most] = [random.below(20), 1 + random.below(100)];
    const reads = planReads(ranges, { gap, most });
    const wanted = new Set(ranges.flatMap(({ start, end }) => Array.from({ length: end - start }, (_, at) => start + at)));
    const fetched = reads.flatMap(({ pieces }) =>
      pieces.flatMap(({ start, end }) => Array.from({ length: end - start }, (_, at) => start + at)),
    );
    assert.deepEqual(
      fetched.toSorted((a, b) => a - b),
      [...wanted].sort((a, b) => a - b),
    );
    for (const { pieces } of reads) {
      assert(pieces.at(-1)!.end - pieces[0]!.start <= most);
      for (const [index, piece] of pieces.entries()) {
        const before = pieces[index - 1];
        assert(!before || (piece.start >= before.end && piece.start - before.end <= gap));
      }
    }
  }
});
