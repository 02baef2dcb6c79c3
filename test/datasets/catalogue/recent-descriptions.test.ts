/** Descriptions that are not kept whole: columns are found all the same. */
import assert from "node:assert/strict";
import { copyFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { CurrentDataset } from "../../../datasets/catalogue/current-dataset.ts";
import { DescriptionStore } from "../../../datasets/catalogue/description-store.ts";
import { RecentDescriptions } from "../../../datasets/catalogue/recent-descriptions.ts";
import type { FileDescription, FileShape } from "../../../datasets/format.ts";
import { openStore } from "../../../storage/embedded/embedded-store.ts";
import { recordingLog } from "../../runtime/silent-log.ts";
import { writeParquet } from "../../support/write-parquet.ts";
import { makeDirectory } from "../read-for-test.ts";

const sound = fileURLToPath(new URL("files/counted.root", import.meta.url));

test("CurrentDataset finds columns of files whose descriptions it does not keep: from the store, or from the file again", async (t) => {
  const directory = await makeDirectory(t);
  const store = await openStore({ directory: join(directory, "store") });
  t.after(() => store.close());
  for (const name of ["1.root", "2.root", "3.root"]) await copyFile(sound, join(directory, name));
  const pattern = join(directory, "*.{root,parquet}");
  const entry = { name: "many", pattern };
  const { log } = recordingLog();
  const counts = { recalled: 0 };
  const counting = {
    putMetadata: store.putMetadata,
    async getMetadata(keys: readonly string[]) {
      const found = await store.getMetadata(keys);
      counts.recalled += [...found.keys()].filter((key) => key.includes(" file:")).length;
      return found;
    },
  };
  const forgetful = new CurrentDataset(entry, { stored: new DescriptionStore(counting, log), descriptionBytes: 1 });
  const absent = { putMetadata: () => Promise.reject(new Error("no answer")), getMetadata: () => Promise.reject(new Error("no answer")) };
  const alone = new CurrentDataset(entry, { stored: new DescriptionStore(absent, log), descriptionBytes: 1 });
  const whole = new CurrentDataset(entry);
  const compare = async () => {
    const datasets = await Promise.all([whole, forgetful, alone].map((each) => each.look({ anew: true })));
    const expected = datasets[0]!;
    for (const dataset of datasets) assert.deepEqual(dataset, expected);
    assert(expected.schema.columns.some(({ lists }) => lists[0] === "Muon"));
    for (const partition of expected.partitions) {
      for (const { name } of expected.schema.columns) {
        const [one, ...others] = await Promise.all([whole, forgetful, alone].map((each) => each.locate(partition, name).catch(String)));
        for (const other of others) assert.deepEqual(other, one);
      }
    }
  };
  await compare();
  assert(counts.recalled > 3, "nothing was kept");
  await writeParquet(join(directory, "4.parquet"), {
    MET_pt: { kind: "FLOAT", cells: [1, 2, 3] },
    Muon_pt: { kind: { list: "FLOAT" }, cells: [[1], [], [2]] },
  });
  await compare();
});

test("RecentDescriptions keeps equal arrays of files of one shape once, and of shortened descriptions only what the schema needs", () => {
  const shape: FileShape = { format: "parquet", digest: "d", unsupported: [], columns: new Map() };
  const describe = (start: number): FileDescription => {
    const memory = new ArrayBuffer(1_000);
    const numbers = (at: number, value: number) => new Float64Array(memory, at, 2).fill(value);
    const places = { start: numbers(16, start), length: numbers(32, 7) };
    const flags = { nullable: new Uint8Array(memory, 100, 2), rounded: new Uint8Array(memory, 200, 2).fill(1) };
    return { shape, units: [{ entries: 2, firstEntry: 0 }], ...flags, values: numbers(0, 2), places };
  };
  const recall = () => Promise.reject(new Error("not asked for"));
  const whole = new RecentDescriptions(recall);
  const [first, second] = [whole.keep(describe(1)), whole.keep(describe(2))];
  assert.deepEqual([first, second], [describe(1), describe(2)]);
  for (const name of ["nullable", "rounded", "values"] as const) assert.equal(second[name], first[name], name);
  assert.equal(second.places.length, first.places.length);
  const short = new RecentDescriptions(recall, 1);
  for (const { nullable, rounded, values, places } of [short.keep(describe(1)), short.keep(describe(2))]) {
    assert.deepEqual([nullable.buffer.byteLength, rounded!.buffer.byteLength, values.buffer.byteLength], [2, 2, 16]);
    assert.deepEqual([rounded, values, places], [Uint8Array.of(1, 1), Float64Array.of(2, 2), {}]);
  }
});
