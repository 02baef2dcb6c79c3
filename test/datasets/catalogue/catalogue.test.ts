import assert from "node:assert/strict";
import { rename, rm, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import type { SchemaElement } from "hyparquet";
import { parquetWriteBuffer } from "hyparquet-writer";
import { createCatalogue } from "../../../datasets/catalogue/catalogue.ts";
import type { ColumnForm } from "../../../datasets/column-form.ts";
import type { Catalogue, Dataset } from "../../../datasets/dataset.ts";
import { readColumn } from "../../../datasets/read-column.ts";
import { until } from "../../support/until.ts";
import { makeDirectory, makeTarget, readEntries } from "../read-for-test.ts";

type Columns = Readonly<Record<string, "INT32" | "DOUBLE" | "FLOAT">>;

/** Numbers from 0 in every column, two entries a row group. */
async function writeEvents(path: string, entries: number, columns: Columns = { x: "INT32" }): Promise<void> {
  const data = Array.from({ length: entries }, (_, index) => index);
  const columnData = Object.entries(columns).map(([name, type]) => ({ name, type, data, nullable: false }));
  await writeFile(path, new Uint8Array(parquetWriteBuffer({ columnData, rowGroupSize: 2 })));
}

async function look(catalogue: Catalogue, name = "events"): Promise<Dataset> {
  const dataset = await catalogue.get(name);
  assert(dataset);
  return dataset;
}

const shape = ({ partitions }: Dataset) => partitions.map(({ index, unit, entries, firstEntry }) => [index, unit, entries, firstEntry]);

test("createCatalogue makes a partition of each row group, in the order of files", async (t) => {
  const directory = await makeDirectory(t);
  await writeEvents(join(directory, "b.parquet"), 2);
  await writeEvents(join(directory, "a.parquet"), 3);
  const catalogue = createCatalogue([{ name: "events", pattern: directory }]);
  assert.deepEqual(catalogue.names(), ["events"]);
  const dataset = await look(catalogue);
  assert.deepEqual(shape(dataset), [
    [0, 0, 2, 0],
    [1, 1, 1, 2],
    [2, 0, 2, 0],
  ]);
  assert.equal(dataset.entries, 5);
  assert.equal(new Set(dataset.partitions.map(({ fingerprint }) => fingerprint)).size, 3);
  assert(dataset.partitions.every(({ fingerprint }) => /^[0-9a-f]{64}$/.test(fingerprint)));
  assert.equal(await catalogue.get("other"), undefined);
  assert.equal(await catalogue.get("__proto__"), undefined);
});

test("createCatalogue sees files that come, change and go, and keeps the fingerprints of those that stay", async (t) => {
  const directory = await makeDirectory(t);
  const [a, b] = [join(directory, "a.parquet"), join(directory, "b.parquet")];
  await writeEvents(a, 2);
  const catalogue = createCatalogue([{ name: "events", pattern: join(directory, "*.parquet") }]);
  const first = await look(catalogue);
  assert.equal(await look(catalogue), first, "nothing changed");
  await writeEvents(b, 2);
  const second = await look(catalogue);
  assert.deepEqual(second.partitions[0], first.partitions[0]);
  assert.equal(second.partitions.length, 2);
  await utimes(a, 1, 1);
  const third = await look(catalogue);
  assert.notEqual(third.partitions[0]!.fingerprint, first.partitions[0]!.fingerprint);
  assert.equal(third.partitions[1]!.fingerprint, second.partitions[1]!.fingerprint);
  await rm(a);
  assert.deepEqual(shape(await look(catalogue)), [[0, 0, 2, 0]]);
});

test("createCatalogue sees a new file among many at once where it looks anew or is asked for one of its columns, and soon otherwise", async (t) => {
  const directory = await makeDirectory(t);
  const path = (number: number) => join(directory, `${1000 + number}.parquet`);
  await Promise.all(Array.from({ length: 300 }, (_, number) => writeEvents(path(number), 1)));
  const [catalogue, other] = [1, 2].map(() => createCatalogue([{ name: "events", pattern: directory }]));
  assert.equal((await look(catalogue!)).entries, 300);
  assert.equal((await look(other!)).entries, 300);
  await writeEvents(path(300), 7);
  const anew = await catalogue!.get("events", { anew: true });
  assert.equal(anew?.entries, 307);
  assert.equal((await other!.locate("events", anew!.partitions.at(-1)!, "x")).entries, 1);
  assert.equal((await look(other!)).entries, 307);
  await writeEvents(path(301), 5);
  await until(async () => (await look(catalogue!)).entries === 312);
});

test("createCatalogue shares one look among concurrent calls", async (t) => {
  const directory = await makeDirectory(t);
  await writeEvents(join(directory, "a.parquet"), 2);
  const catalogue = createCatalogue([{ name: "events", pattern: directory }]);
  const [one, two] = await Promise.all([look(catalogue), look(catalogue)]);
  assert.equal(one, two);
});

test("createCatalogue keeps a broken file's place as a partition that fails with its cause", async (t) => {
  const directory = await makeDirectory(t);
  await writeEvents(join(directory, "a.parquet"), 2);
  await writeFile(join(directory, "b.parquet"), "PAR1 and then nothing more");
  await writeEvents(join(directory, "c.parquet"), 2);
  const catalogue = createCatalogue([{ name: "events", pattern: directory }]);
  const dataset = await look(catalogue);
  assert.deepEqual(
    dataset.partitions.map(({ entries }) => entries),
    [2, 0, 2],
  );
  assert.equal(dataset.broken.length, 1);
  assert.match(dataset.broken[0]!.cause, /b\.parquet: it is a Parquet file without its end/);
  await assert.rejects(catalogue.locate("events", dataset.partitions[1]!, "x"), {
    name: "DatasetError",
    permanent: true,
    message: /without its end/,
  });
  await writeEvents(join(directory, "b.parquet"), 4);
  assert.deepEqual((await look(catalogue)).broken, []);
});

test("createCatalogue refuses a dataset of which no file can be read, until one can", async (t) => {
  const directory = await makeDirectory(t);
  const catalogue = createCatalogue([{ name: "events", pattern: join(directory, "*.parquet") }]);
  await assert.rejects(catalogue.get("events"), {
    name: "DatasetError",
    permanent: false,
    message: "Cannot use dataset events: no file matches *.parquet",
  });
  await writeFile(join(directory, "a.parquet"), "text, no more than that");
  await assert.rejects(catalogue.get("events"), {
    name: "DatasetError",
    permanent: true,
    message: /a\.parquet: it is not a Parquet or ROOT file/,
  });
  await writeEvents(join(directory, "a.parquet"), 2);
  assert.equal((await look(catalogue)).entries, 2);
});

test("createCatalogue refuses bad names and two datasets of one name", () => {
  const pattern = "a.parquet";
  assert.throws(() => createCatalogue([{ name: "a/b", pattern }]), { name: "DatasetError" });
  assert.throws(
    () =>
      createCatalogue([
        { name: "a", pattern },
        { name: "a", pattern },
      ]),
    /two datasets named a/,
  );
});

test("createCatalogue reads files of different number types as float64", async (t) => {
  const directory = await makeDirectory(t);
  await writeEvents(join(directory, "a.parquet"), 3, { x: "INT32", y: "FLOAT" });
  await writeEvents(join(directory, "b.parquet"), 2, { x: "DOUBLE", y: "FLOAT" });
  const { schema } = await look(createCatalogue([{ name: "events", pattern: directory }]));
  assert.deepEqual(
    schema.columns.map(({ name, dtype }) => [name, dtype]),
    [
      ["x", "float64"],
      ["y", "float32"],
    ],
  );
  assert.deepEqual(await readEntries(directory, "x"), [0, 1, 2, 0, 1]);
});

test("locate refuses partitions of files that changed, unknown columns and unknown datasets", async (t) => {
  const directory = await makeDirectory(t);
  const path = join(directory, "a.parquet");
  await writeEvents(path, 2);
  const catalogue = createCatalogue([{ name: "events", pattern: directory }]);
  const [partition] = (await look(catalogue)).partitions;
  await assert.rejects(catalogue.locate("events", partition!, "y"), {
    permanent: true,
    message: /column y of a\.parquet: the file has no such column/,
  });
  await assert.rejects(catalogue.locate("other", partition!, "x"), { permanent: true, message: /no dataset is named other/ });
  await writeEvents(path, 3);
  await look(catalogue);
  await assert.rejects(catalogue.locate("events", partition!, "x"), { permanent: true, message: /changed or was removed/ });
});

test("locate works on a catalogue that has not looked yet, as on another node", async (t) => {
  const directory = await makeDirectory(t);
  await writeEvents(join(directory, "a.parquet"), 2);
  const entries = [{ name: "events", pattern: directory }];
  const [partition] = (await look(createCatalogue(entries))).partitions;
  const location = await createCatalogue(entries).locate("events", partition!, "x");
  const target = makeTarget(structuredClone(location));
  assert.deepEqual(await readColumn(structuredClone(location), target), { values: 2, missing: 0 });
  assert.deepEqual([...target.values], [0, 1]);
});

test("createCatalogue waits for the first file of a dataset that is being made and tells how far it is", async (t) => {
  const directory = await makeDirectory(t);
  let ready = () => {};
  const firstFile = new Promise<void>((resolve) => {
    ready = resolve;
  });
  let made = 0;
  const preparing = () => (made < 4 ? { entries: made, total: 4 } : undefined);
  const catalogue = createCatalogue([{ name: "events", pattern: join(directory, "*.parquet"), preparing, firstFile }]);
  const waiting = catalogue.get("events");
  await writeEvents(join(directory, "tmp"), 2);
  await rename(join(directory, "tmp"), join(directory, "a.parquet"));
  made = 2;
  ready();
  assert.deepEqual((await waiting)?.preparing, { entries: 2, total: 4 });
  assert.equal((await waiting)?.entries, 2);
  await writeEvents(join(directory, "b.parquet"), 2);
  made = 4;
  const complete = await look(catalogue);
  assert.equal(complete.preparing, undefined);
  assert.equal(complete.entries, 4);
});

test("locate gives a column in the form that is asked for, where that holds the file's values", async (t) => {
  const directory = await makeDirectory(t);
  await writeEvents(join(directory, "a.parquet"), 2);
  const catalogue = createCatalogue([{ name: "events", pattern: directory }]);
  const [partition] = (await look(catalogue)).partitions;
  await writeEvents(join(directory, "b.parquet"), 2, { x: "DOUBLE" });
  await look(catalogue);
  const columnIn = async (form?: ColumnForm) => (await catalogue.locate("events", partition!, "x", form)).column;
  assert.equal((await columnIn()).dtype, "float64");
  for (const dtype of ["int32", "float64"] as const) {
    for (const nullable of [true, false]) {
      assert.deepEqual(await columnIn({ dtype, nullable, lists: [] }), { name: "x", dtype, nullable, lists: [] });
    }
  }
  assert.deepEqual(await columnIn({ lists: [] }), { name: "x", dtype: "int32", nullable: false, lists: [] });
  for (const form of [
    { dtype: "float32", lists: [] },
    { dtype: "bool", lists: [] },
    { dtype: "int32", lists: ["x"] },
  ] as const) {
    await assert.rejects(columnIn(form), /column x of a\.parquet: the query reads it as the file does not have it/);
  }
});

test("createCatalogue takes lists of one prefix for a collection only where they are of equal lengths, as far as their first page tells", async (t) => {
  const directory = await makeDirectory(t);
  const write = async (name: string, columns: Readonly<Record<string, readonly (readonly number[])[]>>) => {
    const columnData = Object.entries(columns).map(([column, data]) => ({ name: column, data: data.map((each) => [...each]) }));
    const element = { name: "element", type: "DOUBLE", repetition_type: "REQUIRED" } as const;
    const lists = Object.keys(columns).flatMap((column): SchemaElement[] => [
      { name: column, converted_type: "LIST", num_children: 1, repetition_type: "REQUIRED" },
      { name: "list", num_children: 1, repetition_type: "REPEATED" },
      element,
    ]);
    const schema: SchemaElement[] = [{ name: "root", num_children: columnData.length }, ...lists];
    await writeFile(join(directory, name), new Uint8Array(parquetWriteBuffer({ columnData, schema })));
  };
  const pt = [[30], [], [50], []];
  const lead = { Lead_pt: pt, Lead_iso: [[], [0.1], [], [0.2]], Lead_eta: [[1], [], [2], []] };
  await write("a.parquet", lead);
  const catalogue = createCatalogue([{ name: "events", pattern: directory }]);
  const listsOf = ({ schema }: Dataset) => Object.fromEntries(schema.columns.map(({ name, lists }) => [name, lists[0]]));
  const expected = { Lead_pt: "Lead", Lead_iso: "Lead_iso", Lead_eta: "Lead" };
  assert.deepEqual(listsOf(await look(catalogue)), expected);
  await write("b.parquet", { Lead_pt: pt, Lead_iso: pt, Lead_eta: pt });
  assert.deepEqual(listsOf(await look(catalogue)), expected, "the first file of this shape tells");
  const empty = [[], [], [], []];
  await write("0.parquet", { Lead_pt: empty, Lead_iso: empty, Lead_eta: empty, Lead_new: empty });
  assert.deepEqual(
    listsOf(await look(catalogue)),
    { ...expected, Lead_new: "Lead" },
    "a file of another shape without elements tells nothing",
  );
});
