import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { parquetWriteBuffer } from "hyparquet-writer";
import type { FlatColumn } from "../../datasets/format.ts";
import { written } from "../../datasets/formats.ts";
import type { Problem } from "../../functions/api.ts";
import type { ColumnStatistics } from "../../functions/datasets/statistics.ts";
import { openApp, type TestApp } from "../support/open-app.ts";

interface Answer {
  readonly events: { readonly total: number; readonly done: number };
  readonly statistics: readonly ColumnStatistics[];
  readonly failures: readonly unknown[];
}

const ask = async (app: TestApp, path: string): Promise<Answer> => {
  const response = await app.request(path, { headers: { prefer: "wait=120" } });
  assert.equal(response.status, 200, await response.clone().text());
  return (await response.json()) as Answer;
};

test("?stats tells number, sum and range of every column over all partitions; asked again, nothing is computed", async (t) => {
  const app = await openApp(t);
  const { events, statistics, failures } = await ask(app, "/datasets/events?stats");
  assert.deepEqual([events, failures], [{ total: 1000, done: 1000 }, []]);
  const lists = Object.keys(app.events[0]!.Muon[0] ?? { pt: 0, eta: 0, phi: 0, mass: 0, charge: 0 }) as ("pt" | "charge")[];
  const values = new Map<string, readonly number[]>([
    ["MET_pt", app.events.map(({ MET_pt }) => MET_pt)],
    ["genWeight", app.events.map(({ genWeight }) => genWeight)],
    ...lists.map((field) => [`Muon_${field}`, app.events.flatMap(({ Muon }) => Muon.map((muon) => muon[field]))] as const),
  ]);
  assert.deepEqual(new Set(statistics.map(({ column }) => column)), new Set(values.keys()));
  for (const { column, type, sum, ...rest } of statistics) {
    const all = values.get(column)!;
    assert.match(type, column.startsWith("Muon") ? /^var \* \w+$/ : /^float32$/);
    assert.deepEqual(rest, { values: all.length, min: Math.min(...all), max: Math.max(...all), nonfinite: 0 });
    const expected = all.reduce((total, value) => total + value, 0);
    assert.ok(Math.abs(sum! - expected) <= 1e-12 * all.reduce((total, value) => total + Math.abs(value), 0), `${column}: ${sum}`);
  }
  const computed = app.computed.length;
  await ask(app, "/datasets/events?stats");
  assert.equal(app.computed.length, computed);
});

test("?stats=COLUMN leaves out what is missing and counts what is not finite; strings have a number only, and a name said twice counts once", async (t) => {
  const base = await openApp(t);
  const path = join(base.directory, "odd.parquet");
  const columnData = [
    { name: "x", data: [1.5, null, Number.NaN, -2], type: "DOUBLE" as const },
    { name: "flag", data: [true, null, false, true], type: "BOOLEAN" as const },
    { name: "name", data: ["a", "b", null, ""], type: "STRING" as const },
    { name: "none", data: [Number.NaN, Number.NaN, Number.POSITIVE_INFINITY, Number.NaN], type: "DOUBLE" as const },
  ];
  await writeFile(path, new Uint8Array(parquetWriteBuffer({ columnData, rowGroupSize: 3 })));
  const app = await openApp(t, { extraData: [`odd=${path}`] });
  const { statistics } = await ask(app, "/datasets/odd?stats=x,flag,x&stats=name,none,flag");
  assert.deepEqual(statistics, [
    { column: "x", type: "?float64", values: 3, sum: -0.5, min: -2, max: 1.5, nonfinite: 1 },
    { column: "flag", type: "?bool", values: 3, sum: 2, min: 0, max: 1, nonfinite: 0 },
    { column: "name", type: "?string", values: 3, sum: null, min: null, max: null, nonfinite: 0 },
    { column: "none", type: "float64", values: 4, sum: 0, min: null, max: null, nonfinite: 4 },
  ]);
  const refused = await app.request("/datasets/odd?stats=flags");
  assert.equal(refused.status, 404);
  assert.deepEqual(((await refused.json()) as Problem).errors?.[0]?.near, ["flag"]);
});

test("?stats of all columns counts every event that a column has, whatever other columns lack", async (t) => {
  const base = await openApp(t);
  const x: FlatColumn = { name: "x", values: Float64Array.of(1, 2) };
  const lists = ["Hit_a", "Hit_b"].map((name): FlatColumn => ({ name, values: Float64Array.of(7), offsets: Uint32Array.of(0, 0, 1) }));
  for (const [name, columns] of [
    ["both", [x, ...lists]],
    ["scalar", [x]],
  ] as const)
    await writeFile(join(base.directory, `part-${name}.parquet`), Buffer.concat(await written.encode(columns, 2, "a test")));
  const app = await openApp(t, { extraData: [`parts=${join(base.directory, "part-*.parquet")}`] });
  const { events, statistics, failures } = await ask(app, "/datasets/parts?stats");
  const told = statistics.map(({ column, values, sum, events }) => ({ column, values, sum, events }));
  assert.deepEqual(told, [
    { column: "x", values: 4, sum: 6, events: undefined },
    { column: "Hit_a", values: 1, sum: 7, events: 2 },
    { column: "Hit_b", values: 1, sum: 7, events: 2 },
  ]);
  assert.deepEqual([events, failures.length], [{ total: 4, done: 2 }, 1]);
});

test("?stats of all columns takes a collection of any number of fields, in the order of the dataset", async (t) => {
  const base = await openApp(t);
  const path = join(base.directory, "wide.parquet");
  const offsets = Uint32Array.of(0, 2);
  const field = (index: number): FlatColumn => ({ name: `Jet_f${index}`, values: Float64Array.of(index, 1), offsets });
  const columns: readonly FlatColumn[] = [
    ...Array.from({ length: 90 }, (_, index) => field(index)),
    { name: "x", values: Float64Array.of(5) },
  ];
  await writeFile(path, Buffer.concat(await written.encode(columns, 1, "a test")));
  const app = await openApp(t, { extraData: [`wide=${path}`] });
  const { statistics } = await ask(app, "/datasets/wide?stats");
  assert.deepEqual(
    statistics.map(({ column, sum }) => [column, sum]),
    [...Array.from({ length: 90 }, (_, index) => [`Jet_f${index}`, index + 1]), ["x", 5]],
  );
});
