/** Which lists may be null, over files that differ in it, and list columns that are one collection by their names. */
import assert from "node:assert/strict";
import { copyFile, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import type { SchemaElement } from "hyparquet";
import { parquetWriteBuffer } from "hyparquet-writer";
import { createCatalogue } from "../../../datasets/catalogue/catalogue.ts";
import { openApp } from "../../support/open-app.ts";
import { makeDirectory } from "../read-for-test.ts";

type List = readonly number[] | null;
type Columns = Readonly<Record<string, { readonly lists: readonly List[]; readonly isOptional: boolean }>>;

function listOf(name: string, isOptional: boolean): SchemaElement[] {
  return [
    { name, converted_type: "LIST", num_children: 1, repetition_type: isOptional ? "OPTIONAL" : "REQUIRED" },
    { name: "list", num_children: 1, repetition_type: "REPEATED" },
    { name: "element", type: "FLOAT", repetition_type: "REQUIRED" },
  ];
}

async function write(path: string, columns: Columns): Promise<void> {
  const entries = Object.entries(columns);
  const schema = [{ name: "root", num_children: entries.length }, ...entries.flatMap(([name, { isOptional }]) => listOf(name, isOptional))];
  const columnData = entries.map(([name, { lists }]) => ({ name, data: lists as unknown[] }));
  await writeFile(path, new Uint8Array(parquetWriteBuffer({ columnData, schema })));
}

const lengths = (value: string) => ({ h: { axes: [{ type: "regular", bins: 5, lower: -1, upper: 4, value }] } });

test("in a dataset of files of which some have null lists, those that have none count as there", async (t) => {
  const directory = await makeDirectory(t);
  await write(join(directory, "a.parquet"), { x: { lists: [[1], null, [], [1, 2]], isOptional: true } });
  await write(join(directory, "b.parquet"), { x: { lists: [[], [1, 2, 3]], isOptional: false } });
  const app = await openApp(t, {
    extraData: [`both=${directory}`, `some=${join(directory, "a.parquet")}`, `none=${join(directory, "b.parquet")}`],
  });
  const ask = async (dataset: string, value: string) =>
    (await app.ask({ dataset, histograms: lengths(value) })).histograms.h!.storage.values;
  assert.deepEqual(await ask("both", "x?.length ?? -1"), [0, 1, 2, 1, 1, 1, 0]);
  assert.deepEqual(await ask("both", "x.length"), [0, 0, 3, 1, 1, 1, 0]);
  assert.deepEqual(await ask("some", "x?.length ?? -1"), [0, 1, 1, 1, 1, 0, 0]);
  assert.deepEqual(await ask("none", "x?.length ?? -1"), [0, 0, 1, 0, 0, 1, 0]);
  const explain = async (value: string) => {
    const body = JSON.stringify({ dataset: "both", histograms: lengths(value) });
    const { columns } = (await (await app.request("/queries/explain", { method: "POST", body })).json()) as { columns: { name: string }[] };
    return columns.map(({ name }) => name);
  };
  assert.deepEqual([await explain("x.length"), await explain("x?.length")], [["x"], ["x", "x?"]]);
  const nullableOf = async (name: string) =>
    ((await (await app.request(`/datasets/${name}`)).json()) as { nullableLists?: unknown }).nullableLists;
  assert.deepEqual([await nullableOf("both"), await nullableOf("some"), await nullableOf("none")], [["x"], ["x"], undefined]);
});

test("null lists are told from empty ones also after the same query was computed over files that have none", async (t) => {
  const directory = await makeDirectory(t);
  const [none, some] = ["none", "some"].map((name) => join(directory, `${name}.parquet`));
  const growing = join(directory, "growing");
  await mkdir(growing);
  await write(none!, { x: { lists: [[], [1, 2, 3]], isOptional: false } });
  await write(some!, { x: { lists: [[1], null, [], [1, 2]], isOptional: true } });
  await copyFile(none!, join(growing, "a.parquet"));
  const app = await openApp(t, { extraData: [`none=${none}`, `some=${some}`, `growing=${growing}`] });
  const ask = async (dataset: string) => (await app.ask({ dataset, histograms: lengths("x?.length ?? -1") })).histograms.h!.storage.values;
  for (const dataset of ["none", "growing", "none"]) assert.deepEqual(await ask(dataset), [0, 0, 1, 0, 0, 1, 0]);
  assert.deepEqual(await ask("some"), [0, 1, 1, 1, 1, 0, 0]);
  await copyFile(some!, join(growing, "b.parquet"));
  assert.deepEqual(await ask("growing"), [0, 1, 2, 1, 1, 1, 0]);
  assert.deepEqual(await ask("none"), [0, 0, 1, 0, 0, 1, 0]);
});

test("lists in lists count as there in files that have no null ones, which tell only how long the lists around them are", async (t) => {
  const directory = await makeDirectory(t);
  const writeNested = (name: string, isOptional: boolean, data: unknown[]) => {
    const inner = listOf("element", isOptional);
    const schema: SchemaElement[] = [
      { name: "root", num_children: 1 },
      { name: "x", converted_type: "LIST", num_children: 1, repetition_type: "REQUIRED" },
      { name: "list", num_children: 1, repetition_type: "REPEATED" },
      ...inner,
    ];
    return writeFile(join(directory, name), new Uint8Array(parquetWriteBuffer({ columnData: [{ name: "x", data }], schema })));
  };
  await writeNested("a.parquet", true, [[null, [1]], [], [[], [1, 2], null]]);
  await writeNested("b.parquet", false, [[[]], [[1], [1, 2, 3]], []]);
  const app = await openApp(t, { extraData: [`nested=${directory}`] });
  const status = await app.ask({ dataset: "nested", histograms: lengths("x.map(row => row?.length ?? -1)") });
  assert.deepEqual(status.histograms.h!.storage.values, [0, 2, 2, 2, 1, 1, 0]);
});

test("of list columns that are one collection the first that may be null tells", async (t) => {
  const path = join(await makeDirectory(t), "jets.parquet");
  await write(path, {
    Jet_eta: { lists: [[], [], [], [1]], isOptional: false },
    Jet_pt: { lists: [null, [], null, [1]], isOptional: true },
    Jet_phi: { lists: [[], null, null, [1]], isOptional: true },
  });
  const app = await openApp(t, { extraData: [`jets=${path}`] });
  const status = await app.ask({ dataset: "jets", histograms: lengths("Jet?.length ?? -1") });
  assert.deepEqual(status.histograms.h!.storage.values, [0, 2, 1, 1, 0, 0, 0]);
});

test("lists of which a file's statistics tell that none is null are not nullable", async (t) => {
  const path = join(await makeDirectory(t), "full.parquet");
  await write(path, { x: { lists: [[1], [1, 2]], isOptional: true } });
  const dataset = await createCatalogue([{ name: "full", pattern: path }]).get("full");
  assert.equal(dataset!.schema.nullableLists, undefined);
});

test("lists that are null are told apart also before a filter that no event of a partition can pass", async (t) => {
  const directory = await makeDirectory(t);
  const lists: readonly List[] = [[1], null, [], [1, 2]];
  const schema: SchemaElement[] = [
    { name: "root", num_children: 2 },
    ...listOf("x", true),
    { name: "run", type: "FLOAT", repetition_type: "REQUIRED" },
  ];
  const columnData = [
    { name: "x", data: [...lists] },
    { name: "run", data: Float32Array.of(1, 2, 3, 4) },
  ];
  await writeFile(join(directory, "a.parquet"), new Uint8Array(parquetWriteBuffer({ columnData, schema })));
  const app = await openApp(t, { extraData: [`runs=${directory}`] });
  const asked = { dataset: "runs", totals: { lengths: "x?.length ?? -1" }, histograms: lengths("x.length") };
  for (const [run, skipped] of [
    [5, 1],
    [4, 0],
  ]) {
    const { cutflow, totals, timing } = await app.ask({ ...asked, filter: ["(x?.length ?? -1) >= 0", `run >= ${run}`] });
    assert.deepEqual(
      cutflow.map(({ events }) => events),
      [4, 3, run === 5 ? 0 : 1],
    );
    assert.equal(totals?.lengths?.value, 2);
    assert.equal(timing.skipped ?? 0, skipped);
  }
});
