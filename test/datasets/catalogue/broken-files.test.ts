/** Files of a set that were cut off while they were written, or are no ROOT files: named, and the rest counts. */
import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { queryFiles } from "../../support/query-files.ts";
import { makeDirectory } from "../read-for-test.ts";

const sound = new URL("files/counted.root", import.meta.url);

test("files that were cut off, are empty, have another tree, or are no files of events are named, and the rest counts", async (t) => {
  const directory = await makeDirectory(t);
  const bytes = await readFile(sound);
  // The file as a killed process leaves it: the header tells no end, and the place of the keys is unknown.
  const zombie = bytes.subarray(0, bytes.length / 2);
  const broken = { "2.root": zombie, "3.root": "", "4.root": "<html>not found</html>", "5.root": bytes.subarray(0, -1) };
  await writeFile(join(directory, "1.root"), bytes);
  for (const [name, content] of Object.entries(broken)) await writeFile(join(directory, name), content);
  await writeFile(join(directory, "6.root"), bytes);
  const query = { histograms: { n: { axes: [{ type: "boolean", value: "MET.pt > 0" }] } } };
  const { dataset, histogram } = await queryFiles(join(directory, "*.root"), query);
  assert.equal(dataset.entries, 120);
  assert.deepEqual([...histogram("n").contents.values], [0, 120]);
  assert.deepEqual(
    dataset.broken.map(({ file }) => file.path.slice(-6)),
    Object.keys(broken),
  );
  for (const { cause, file } of dataset.broken) assert.match(cause, new RegExp(`^Cannot read ${file.path.slice(-6)}: `));
  const runs = await queryFiles(join(directory, "{1,6}.root:Runs"), { histograms: { n: { axes: [] } } });
  assert.equal(runs.dataset.entries, 6);
  await assert.rejects(queryFiles(join(directory, "1.root:Rans"), query), /Runs/);
});
