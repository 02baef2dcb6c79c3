import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { createCatalogue } from "../../datasets/catalogue/catalogue.ts";
import { type Cell, readEntries } from "./read-for-test.ts";
import { missingData, realData } from "./real-data.ts";

const flat = "adl/Run2012B_SingleMu-1000.parquet";
const structs = "adl/Run2012B_SingleMu-restructured-1000.parquet";
const skip = missingData(flat, structs, "adl/reference/query-1.csv");

async function schemaOf(path: string) {
  const dataset = await createCatalogue([{ name: "cms", pattern: realData(path) }]).get("cms");
  assert(dataset);
  return dataset;
}

test("both layouts of the CMS sample have the same columns, records and collections", { skip }, async () => {
  const [left, right] = [await schemaOf(flat), await schemaOf(structs)];
  assert.deepEqual([left.entries, right.entries], [1000, 1000]);
  assert.deepEqual([left.schema.unsupported, right.schema.unsupported], [[], []]);
  const members = ({ schema }: typeof left) =>
    schema.columns.flatMap(({ lists, member }) => (member ? [`${lists[0] ?? "–"} ${member.record}.${member.field}`] : [])).sort();
  assert.equal(members(right).length, 78);
  assert.deepEqual(members(left), members(right));
});

test("both layouts of the CMS sample hold identical values", { skip }, async () => {
  const { columns } = (await schemaOf(structs)).schema;
  for (const { name } of columns) {
    assert.deepEqual(await readEntries(realData(structs), name), await readEntries(realData(flat), name.replace(".", "_")), name);
  }
});

/** The published histogram as `100 bins and flow`, by bin centre: underflow and overflow lie one width outside. */
async function reference(query: string, lower: number, upper: number): Promise<number[]> {
  const counts = new Array<number>(102).fill(0);
  const lines = (await readFile(realData(`adl/reference/${query}.csv`), "utf8")).trim().split("\n").slice(1);
  for (const line of lines) {
    const [x, y] = line.split(",").map(Number);
    counts[Math.floor((x! - lower) / ((upper - lower) / 100)) + 1] = y!;
  }
  return counts;
}

function histogram(values: readonly Cell[], lower: number, upper: number): number[] {
  const counts = new Array<number>(102).fill(0);
  for (const value of values.flat() as number[]) {
    const bin = value < lower ? 0 : value >= upper ? 101 : Math.floor((value - lower) / ((upper - lower) / 100)) + 1;
    counts[bin]!++;
  }
  return counts;
}

for (const path of [flat, structs]) {
  test(`${path} gives the published histograms of MET and of jet pt`, { skip }, async () => {
    const separator = path === flat ? "_" : ".";
    assert.deepEqual(histogram(await readEntries(realData(path), `MET${separator}pt`), 0, 2000), await reference("query-1", 0, 2000));
    assert.deepEqual(histogram(await readEntries(realData(path), `Jet${separator}pt`), 15, 60), await reference("query-2", 15, 60));
  });
}
