/** Helpers of the dataset tests: a directory that goes with its test, and whole columns as plain arrays. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { createCatalogue } from "../../datasets/catalogue/catalogue.ts";
import type { ColumnLocation, ColumnTarget } from "../../datasets/dataset.ts";
import { makeTarget as makeEmptyTarget } from "../../datasets/make-target.ts";
import { readColumn } from "../../datasets/read-column.ts";
import { readDictionary } from "../../engine/program/dictionary.ts";

export async function makeDirectory(test: TestContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "femtoq-datasets-"));
  test.after(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

/** Makes a target that is filled with a value that no test expects, so that unwritten places are noticed. */
export function makeTarget(location: ColumnLocation): ColumnTarget {
  const target = makeEmptyTarget(location);
  const { values, valid, strings, offsets } = target;
  if (values instanceof BigInt64Array || values instanceof BigUint64Array) values.fill(77n);
  else values.fill(77);
  for (const array of [valid, strings, ...offsets]) array?.fill(77);
  return target;
}

/** A value; a 64-bit integer is a number if that is exact. */
export type Value = number | bigint | string | null;
export type Cell = Value | readonly Value[];

/** The values of a column that was read, strings themselves for their numbers. */
export function valuesOf({ values, valid, strings }: ColumnTarget, count: number): Value[] {
  const known = strings && readDictionary(strings.buffer, strings.byteOffset);
  return Array.from<number | bigint, Value>(values.subarray(0, count), (value, index) => {
    if (valid && valid[index] !== 1) return null;
    const number = Number(value);
    return known ? known[number]! : typeof value === "bigint" && !Number.isSafeInteger(number) ? value : number;
  });
}

/** Reads all entries of a column, over all partitions, as numbers and lists, with null for missing values. */
export async function readEntries(pattern: string, column: string): Promise<Cell[]> {
  const catalogue = createCatalogue([{ name: "test", pattern }]);
  const dataset = await catalogue.get("test");
  const entries: Cell[] = [];
  for (const partition of dataset?.partitions ?? []) {
    const location = await catalogue.locate("test", partition, column);
    const target = makeTarget(location);
    const [starts] = target.offsets;
    const read = await readColumn(location, target);
    const cells = valuesOf(target, read.values);
    for (let entry = 0; entry < location.entries; entry++) {
      entries.push(starts ? cells.slice(starts[entry], starts[entry + 1]) : cells[entry]!);
    }
  }
  return entries;
}

/** Small whole numbers, the same at each run. */
export function sequence(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}
