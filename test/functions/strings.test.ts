import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { parquetWriteBuffer } from "hyparquet-writer";
import { mostStrings } from "../../engine/program/dictionary.ts";
import { openApp } from "../support/open-app.ts";

/** A dataset of its own: `channel`, in row groups whose dictionaries differ, then one of which each string is another. */
async function openStrings(t: TestContext) {
  const directory = await mkdtemp(join(tmpdir(), "femtoq-strings-"));
  t.after(() => rm(directory, { recursive: true }));
  const words = ["mu", "e", "tau", "e"];
  const few = Array.from({ length: 100 }, (_, entry) => words[Math.floor(entry / 30) + (entry % 2)] ?? "mu");
  const many = Array.from({ length: mostStrings + 1 }, (_, entry) => `event ${entry}`);
  const write = async (name: string, data: readonly string[], rowGroupSize: number) => {
    const columnData = [{ name: "channel", data: [...data], type: "STRING" as const }];
    await writeFile(join(directory, name), new Uint8Array(parquetWriteBuffer({ columnData, rowGroupSize })));
  };
  await write("few.parquet", few, 30);
  await write("many.parquet", many, many.length);
  const app = await openApp(t, { extraData: [`few=${join(directory, "few.parquet")}`, `all=${join(directory, "*.parquet")}`] });
  return { app, few };
}

const histograms = { h: { axes: [{ type: "category", categories: ["tau", "mu"], value: "channel" }], filter: 'channel != "nobody"' } };

test("GET /datasets/NAME names the type of string columns, and queries count them over partitions with other dictionaries", async (t) => {
  const { app, few } = await openStrings(t);
  const described = (await (await app.request("/datasets/few")).json()) as { readonly columns: readonly object[] };
  assert.deepEqual(described.columns, [{ name: "channel", dtype: "string", nullable: false, lists: [] }]);
  const status = await app.ask({ dataset: "few", histograms });
  assert.equal(status.partitions.done, 4);
  const count = (word: string) => few.filter((each) => each === word).length;
  const { axes, storage } = status.histograms.h!;
  assert.deepEqual(axes[0], { type: "category_str", categories: ["tau", "mu"], flow: true });
  assert.deepEqual(storage.values, [count("tau"), count("mu"), few.length - count("tau") - count("mu")]);
});

test("a partition with too many different strings fails and says why; the others count", async (t) => {
  const { app, few } = await openStrings(t);
  const status = await app.ask({ dataset: "all", histograms });
  assert.equal(status.state, "done");
  assert.equal(status.histograms.h!.metadata?.entries, few.length);
  assert.equal(status.failures.length, 1);
  assert.match(
    status.failures[0]!.cause,
    /^Cannot read column channel of many\.parquet .*more than 65536 different strings, or 1 MiB of them, in one partition: write the file with smaller row groups/,
  );
});
