/**
 * The ADL benchmark queries on the CMS sample, against published histograms (github.com/iris-hep/adl-benchmarks-index): both layouts of the
 * file, through the whole path from POST to UHI. In a reference `x` is a bin's centre, flow lies one bin width outside.
 */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { missingData, realData } from "../datasets/real-data.ts";
import { openApp } from "../support/open-app.ts";
import { byHand, readEvents } from "./adl-by-hand.ts";

const layouts = { columns: "adl/Run2012B_SingleMu-1000.parquet", structs: "adl/Run2012B_SingleMu-restructured-1000.parquet" };
const skip = missingData(...Object.values(layouts), "adl/reference/query-1.csv");

async function readExample(number: number): Promise<{ readonly histograms: object; readonly filter?: unknown }> {
  return JSON.parse(await readFile(new URL(`../../examples/adl/query-${number}.json`, import.meta.url), "utf8"));
}

async function readReference(number: number | string, lower: number, upper: number): Promise<readonly number[]> {
  const counts = new Array<number>(102).fill(0);
  const lines = (await readFile(realData(`adl/reference/query-${number}.csv`), "utf8")).trim().split("\n").slice(1);
  for (const line of lines) {
    const [x, y] = line.split(",").map(Number);
    counts[1 + Math.floor((x - lower) / ((upper - lower) / 100))] = y;
  }
  return counts;
}

const axes: Readonly<Record<number, readonly [lower: number, upper: number]>> = { 1: [0, 2000], 2: [15, 60], 3: [15, 60], 4: [0, 2000] };

const byHandToo = [
  ["6-2", 6, "trijet_btag", [0, 1], 274],
  ["7", 7, "ht", [15, 200], 344],
  ["8", 8, "mt", [15, 250], 73],
] as const;

for (const [layout, file] of Object.entries(layouts)) {
  test(`ADL queries 1 to 4 on the CMS sample as ${layout} equal the published histograms bin by bin`, { skip }, async (t) => {
    const app = await openApp(t, { extraData: [`cms=${realData(file)}`] });
    for (const [number, [lower, upper]] of Object.entries(axes)) {
      const status = await app.ask({ ...(await readExample(Number(number))), dataset: "cms" });
      const [histogram] = Object.values(status.histograms);
      const reference = await readReference(Number(number), lower, upper);
      assert.ok(reference.reduce((sum, count) => sum + count, 0) > 0);
      assert.deepEqual(histogram.storage.values, reference, `query ${number}`);
    }
  });

  test(`ADL query 6-1 on the CMS sample as ${layout} equals the published histogram bin by bin`, { skip }, async (t) => {
    const app = await openApp(t, { extraData: [`cms=${realData(file)}`] });
    const status = await app.ask({ ...(await readExample(6)), dataset: "cms" });
    assert.deepEqual(status.histograms.trijet_pt.storage.values, await readReference("6-1", 15, 40));
  });

  test(`ADL queries 6-2, 7 and 8 on the CMS sample as ${layout} are what a program over objects makes of them`, { skip }, async (t) => {
    const app = await openApp(t, { extraData: [`cms=${realData(file)}`] });
    const events = await readEvents(realData(layouts.columns));
    for (const [name, number, histogram, [lower, upper], entries] of byHandToo) {
      const status = await app.ask({ ...(await readExample(number)), dataset: "cms" });
      const counts = new Array<number>(102).fill(0);
      for (const value of events.map(byHand[name])) {
        if (value === undefined) continue;
        counts[value < lower ? 0 : value < upper ? 1 + Math.floor((100 * (value - lower)) / (upper - lower)) : 101]!++;
      }
      assert.deepEqual(status.histograms[histogram]!.storage.values, counts, name);
      assert.equal(status.histograms[histogram]!.metadata?.entries, entries, name);
    }
  });

  test(`ADL query 5 on the CMS sample as ${layout} selects 57 events`, { skip }, async (t) => {
    const app = await openApp(t, { extraData: [`cms=${realData(file)}`] });
    const status = await app.ask({ ...(await readExample(5)), dataset: "cms" });
    assert.equal(status.cutflow[1].events, 57);
    assert.equal(Object.values(status.histograms)[0].metadata?.entries, 57);
  });
}
