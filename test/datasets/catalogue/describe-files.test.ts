/** Tests the first look at a dataset of many files: files recorded before a crash are not read again, and files that appear or change meanwhile are noticed. */
import assert from "node:assert/strict";
import { readFile, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { parquetWriteBuffer } from "hyparquet-writer";
import { CurrentDataset } from "../../../datasets/catalogue/current-dataset.ts";
import { DescriptionStore } from "../../../datasets/catalogue/description-store.ts";
import type { MetadataStore } from "../../../datasets/catalogue/metadata-store.ts";
import { openStore } from "../../../storage/embedded/embedded-store.ts";
import { runScript } from "../../contracts/run-script.ts";
import { silent } from "../../runtime/silent-log.ts";
import { makeDirectory } from "../read-for-test.ts";

const files = 300;

const bytesOf = (entries: number): Uint8Array =>
  new Uint8Array(parquetWriteBuffer({ columnData: [{ name: "x", type: "INT32", data: Array.from({ length: entries }, () => 1) }] }));

/** Seconds since the epoch. */
const old = 1_700_000_000;

async function writeOld(path: string, bytes: Uint8Array): Promise<void> {
  await writeFile(path, bytes);
  await utimes(path, old, old);
}

async function writeFiles(t: TestContext) {
  const directory = await makeDirectory(t);
  const pathOf = (index: number) => join(directory, `${String(index).padStart(3, "0")}.parquet`);
  const two = bytesOf(2);
  for (let index = 0; index < files; index++) await writeOld(pathOf(index), two);
  return { state: join(directory, "store"), pattern: join(directory, "*.parquet"), pathOf };
}

/** Keeps the file's size and time of change, but destroys its footer. */
async function spoil(path: string): Promise<void> {
  await writeOld(path, (await readFile(path)).fill(0, 8));
}

/** How many files were recorded; before the first are, `meanwhile` happens. */
function counting(store: MetadataStore, meanwhile = async () => {}) {
  const counts = { recorded: 0 };
  const counted: MetadataStore = {
    getMetadata: store.getMetadata,
    async putMetadata(entries, options) {
      const some = entries.filter(({ key }) => key.includes(" file:")).length;
      if (some > 0 && counts.recorded === 0) await meanwhile();
      counts.recorded += some;
      return await store.putMetadata(entries, options);
    },
  };
  return { counts, stored: new DescriptionStore(counted, silent) };
}

test("CurrentDataset reads the files only that were not recorded, or changed since, after a process was killed in the middle of a first look", async (t) => {
  const { state, pattern, pathOf } = await writeFiles(t);
  const child = runScript(new URL("./describe-until-killed.ts", import.meta.url), { parameters: [state, pattern] });
  await child.reached(1);
  child.process.kill("SIGKILL");
  const { signal, errors } = await child.ended;
  assert.equal(signal, "SIGKILL", errors);
  const before = Number(child.lines[0]);
  assert(before > 0 && before < files, `${before} files were recorded`);

  for (let index = 1; index < before; index++) await spoil(pathOf(index));
  await writeFile(pathOf(0), bytesOf(7));
  await writeFile(pathOf(files), bytesOf(5));
  const alone = await new CurrentDataset({ name: "many", pattern }).look();
  assert.equal(alone.broken.length, before - 1, "who reads them sees that they are spoilt");

  const store = await openStore({ directory: state });
  t.after(() => store.close());
  const { counts, stored } = counting(store);
  const dataset = await new CurrentDataset({ name: "many", pattern }, { stored }).look();
  assert.deepEqual(dataset.broken, []);
  assert.equal(dataset.entries, 7 + 2 * (files - 1) + 5);
  assert.equal(counts.recorded, files - before + 2);
});

test("CurrentDataset sees files that come, change and go while it looks for the first time at the next look, and reads those only", async (t) => {
  const { state, pattern, pathOf } = await writeFiles(t);
  const store = await openStore({ directory: state });
  t.after(() => store.close());
  const change = async () => {
    await writeFile(pathOf(files), bytesOf(5));
    await writeFile(pathOf(0), bytesOf(7));
    await writeFile(pathOf(files - 1), bytesOf(9));
  };
  const { counts, stored } = counting(store, change);
  const current = new CurrentDataset({ name: "many", pattern }, { stored });
  const first = await current.look();
  assert.deepEqual(
    first.partitions.map(({ file }) => file.path),
    Array.from({ length: files }, (_, index) => pathOf(index)),
  );
  assert.match(first.broken.map(({ cause }) => cause).join(), /^299\.parquet changed since its metadata was read: ask again[^,]*$/);
  assert.equal(first.entries, 2 * (files - 1));
  const before = counts.recorded;
  assert.equal(before, files - 1);

  const next = await current.look({ anew: true });
  assert.deepEqual(next.broken, []);
  assert.equal(next.entries, 7 + 2 * (files - 2) + 9 + 5);
  assert.equal(counts.recorded, before + 3);
});
