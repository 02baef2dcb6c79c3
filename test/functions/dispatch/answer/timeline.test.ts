import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { isResultNote, type PartialNote, Timeline } from "../../../../functions/dispatch/answer/timeline.ts";

const since = Date.UTC(2026, 0, 1);
const timing = { compiling: 5, loading: 30, reading: 10, decoding: 15, thread: 2, computing: 40, bytes: 1000 };
const noteAt = (claimed: number, more: Partial<PartialNote> = {}): PartialNote => ({
  node: "n",
  claimed: since + claimed,
  ...timing,
  ...more,
});
const partition = (index: number) => ({ index, file: `f${index}.parquet` });

describe("Timeline", () => {
  test("sums each phase over partitions, and waits until the first claim", () => {
    const timeline = new Timeline(since);
    assert.equal(timeline.add(partition(0), noteAt(200), since + 300), 0.2);
    assert.equal(timeline.add(partition(1), noteAt(100), since + 177), 0.1);
    timeline.addMerging(3);
    timeline.addMerging(4);
    const { phases, measured, seconds } = timeline.read(since + 500);
    assert.deepEqual(phases, {
      waiting: 0.1,
      compiling: 0.01,
      loading: 0.06,
      reading: 0.02,
      decoding: 0.03,
      thread: 0.004,
      computing: 0.08,
      // Heard 300 − (200 + 77) and 177 − (100 + 77) milliseconds after the work.
      saving: 0.023,
      merging: 0.007,
    });
    assert.equal(measured, 2);
    assert.equal(seconds, 0.5);
  });

  test("keeps the ten partitions with the most work, waiting not counted, longest first", () => {
    const timeline = new Timeline(since);
    for (let index = 0; index < 50; index++)
      timeline.add(partition(index), noteAt(10_000 - index, { computing: (index * 7) % 50 }), undefined);
    const { slowest } = timeline.read(since);
    assert.deepEqual(
      slowest.map(({ computing }) => Math.round(computing * 1000)),
      [49, 48, 47, 46, 45, 44, 43, 42, 41, 40],
    );
    assert.equal(slowest[0].file, `f${slowest[0].partition}.parquet`);
  });

  test("never gives a time below 0, however the node's clock goes", () => {
    const timeline = new Timeline(since);
    timeline.add(partition(0), noteAt(-50), since + 1);
    timeline.add(partition(1), noteAt(60_000), since + 1);
    const { phases, slowest } = timeline.read(since - 1000);
    assert.ok([...Object.values(phases), ...slowest.flatMap(({ waiting, saving }) => [waiting, saving])].every((time) => time >= 0));
  });

  test("does not count work that was over before the plan was asked for, nor notes of another form", () => {
    const timeline = new Timeline(since);
    assert.equal(timeline.add(partition(0), noteAt(-5000), undefined), undefined);
    for (const note of [undefined, null, 3, "x", {}, { ...noteAt(1), loading: "long" }, { ...noteAt(1), node: 7 }])
      assert.equal(timeline.add(partition(1), note, undefined), undefined);
    assert.equal(timeline.read(since).measured, 0);
  });

  test("leaves a note that is known again after a way through JSON", () => {
    const note: unknown = JSON.parse(JSON.stringify(new Timeline(since).read(since + 10)));
    assert.ok(isResultNote(note));
    assert.ok(!isResultNote({ seconds: 3 }));
    assert.ok(!isResultNote(undefined));
  });
});
