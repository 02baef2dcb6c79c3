import assert from "node:assert/strict";
import { test } from "node:test";
import { groupRowGroups } from "../../../../datasets/parquet/footer/group-row-groups.ts";

/** Groups row groups of one column with the given numbers of level entries. */
const group = (entries: readonly number[], least: number, levels = entries) =>
  groupRowGroups({ entries, levels: Float64Array.from(levels), columns: 1 }, least);

test("groupRowGroups puts neighbours together until they have enough entries", () => {
  const { units, first, values } = group([30, 30, 50, 100, 10], 60);
  assert.deepEqual(units, [
    { entries: 60, firstEntry: 0 },
    { entries: 150, firstEntry: 60 },
    { entries: 10, firstEntry: 210 },
  ]);
  assert.deepEqual([...first], [0, 2, 4, 5]);
  assert.deepEqual([...values], [60, 150, 10]);
});

test("groupRowGroups leaves every row group alone where one entry is enough", () => {
  assert.deepEqual([...group([5, 5, 5], 1).first], [0, 1, 2, 3]);
});

test("groupRowGroups puts no more values together than memory should hold at once", () => {
  const many = 3_000_000;
  assert.deepEqual([...group([10, 10, 10], 1000, [many, many, 5]).first], [0, 1, 3]);
});

test("groupRowGroups keeps the entries of empty row groups and files", () => {
  assert.deepEqual(group([], 10).units, []);
  assert.deepEqual(group([0, 5, 0], 1).units, [
    { entries: 5, firstEntry: 0 },
    { entries: 0, firstEntry: 5 },
  ]);
});
