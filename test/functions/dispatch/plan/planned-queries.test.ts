import assert from "node:assert/strict";
import { test } from "node:test";
import type { Catalogue, Dataset } from "../../../../datasets/dataset.ts";
import { PlannedQueries } from "../../../../functions/dispatch/plan/planned-queries.ts";
import { muonSchema } from "../../../support/engine/muon-schema.ts";

const makeDataset = (partitions: number, version = 1): Dataset => ({
  name: "muons",
  schema: muonSchema,
  partitions: Array.from({ length: partitions }, (_, index) => ({
    index,
    file: { path: "/data/muons.parquet", size: 1, version: `${version}` },
    unit: index,
    entries: 1,
    firstEntry: index,
    fingerprint: `${version}:${index}`.padStart(64, "0"),
  })),
  broken: [],
  entries: partitions,
  bytes: 1,
});

/** Plans queries over a dataset that a test may change. */
function open(first: Dataset) {
  const catalogue = { dataset: first, names: () => ["muons"], get: async () => catalogue.dataset };
  return { catalogue, planned: new PlannedQueries({ catalogue: catalogue as unknown as Catalogue }) };
}

const query = (upper: number) =>
  JSON.stringify({ dataset: "muons", histograms: { h: { axes: [{ type: "regular", bins: 9, lower: 0, upper, value: "MET.pt" }] } } });

test("PlannedQueries plans a text again when its dataset has changed, and only then", async () => {
  const { catalogue, planned } = open(makeDataset(3));
  const first = await planned.get(query(1));
  assert.equal((await planned.get(query(1))).plan, first.plan);
  catalogue.dataset = makeDataset(3, 2);
  const second = await planned.get(query(1));
  assert.notEqual(second.plan.planKey, first.plan.planKey);
  assert.equal(second.plan.programKey, first.plan.programKey);
});

test("PlannedQueries refuses a plan of more than 64 MB, and says what to do", async () => {
  const { planned } = open(makeDataset(600_000));
  await assert.rejects(planned.get(query(1)), {
    status: 422,
    code: "plan-too-large",
    message: /600000 partitions .* the most is 64 MB; make several/,
  });
});

/** Conditions that are the same in all of its histograms, up to what one body may have. */
const large = JSON.stringify({
  dataset: "muons",
  histograms: Object.fromEntries(
    Array.from({ length: 200 }, (_, number) => {
      const conditions = Array.from({ length: 400 }, (_, index) => `m.pt > ${index}`).join(" && ");
      return [
        `h${number}`,
        { axes: [{ type: "regular", bins: 9, lower: 0, upper: 1, value: `Muon.map(m => ${conditions} ? m.pt : ${number})` }] },
      ];
    }),
  ),
});

test("PlannedQueries checks a query once for all who ask together, also where it was checked before its dataset's columns changed", async () => {
  const { catalogue, planned } = open(makeDataset(3));
  await planned.get(large);
  catalogue.dataset = { ...makeDataset(3, 2), schema: { ...muonSchema } };
  const [first, second] = await Promise.all([planned.get(large), planned.get(large)]);
  assert.equal(first.checked, second.checked);
});

test("PlannedQueries lets others have the thread while it checks a large query, which it checks once for all who ask meanwhile", async () => {
  const { planned } = open(makeDataset(3));
  let turns = 0;
  let immediate = setImmediate(function count() {
    turns++;
    immediate = setImmediate(count);
  });
  const [first, second] = await Promise.all([planned.get(large), planned.get(large)]);
  clearImmediate(immediate);
  assert(turns > 1, `${turns} turns`);
  assert.equal(first.checked, second.checked);
});
