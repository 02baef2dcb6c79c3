import assert from "node:assert/strict";
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { createCatalogue } from "../../../datasets/catalogue/catalogue.ts";
import { countDemoEntries, demoEntries, demoFiles, demoPath, demoPattern, writeDemoFile } from "../../../datasets/demo/write-demo-file.ts";
import { makeDirectory, readEntries } from "../read-for-test.ts";

test("writeDemoFile leaves one complete file, the same bytes each time, and makes none twice", async (t) => {
  const directory = await makeDirectory(t);
  assert.equal(await countDemoEntries(directory), 0);
  const path = demoPath(directory, 3);
  const write = async () => {
    await writeDemoFile(directory, 3);
    return (await stat(path)).ino;
  };
  const [first, second] = await Promise.all([write(), write()]);
  assert.equal(first, second, "the file that was there first was replaced");
  assert.deepEqual(await readdir(directory), [path.slice(directory.length + 1)]);
  assert.equal(await countDemoEntries(directory), demoEntries / demoFiles);
  const before = await stat(path);
  await writeDemoFile(directory, 3);
  assert.equal((await stat(path)).mtimeMs, before.mtimeMs);
  const digest = Buffer.from(await crypto.subtle.digest("SHA-256", await readFile(path))).toString("hex");
  assert.equal(digest, demoDigest, "the same bytes on every host; a changed generator needs a new edition and this digest");
});

/** The digest of file 3 of edition 2, as made by Node and by Deno. */
const demoDigest = "e0ef7ebe6a5905e1d85c45b7fef4443bbf39a6b7cb8270d861794b67b8de8beb";

test("writeDemoFile makes a dataset of required columns in two collections", async (t) => {
  const directory = await makeDirectory(t);
  await writeDemoFile(directory, 0);
  const dataset = await createCatalogue([{ name: "demo", pattern: demoPattern(directory) }]).get("demo");
  assert(dataset);
  assert.equal(dataset.entries, demoEntries / demoFiles);
  assert.equal(dataset.partitions.length, 1);
  assert.deepEqual(dataset.schema.unsupported, []);
  assert(dataset.schema.columns.every(({ nullable }) => !nullable));
  const collections = new Map(dataset.schema.columns.map(({ name, lists }) => [name, lists[0]]));
  for (const field of ["pt", "eta", "phi", "mass", "charge"]) assert.equal(collections.get(`Muon_${field}`), "Muon");
  assert.equal(collections.get("Jet_pt"), "Jet");
  const counts = await readEntries(demoPattern(directory), "nMuon");
  const lists = await readEntries(demoPattern(directory), "Muon_pt");
  assert.deepEqual(
    lists.map((list) => (list as readonly number[]).length),
    counts,
  );
});

test("writeDemoFile leaves nothing behind where it cannot write", async (t) => {
  const directory = await makeDirectory(t);
  await assert.rejects(writeDemoFile(join(directory, "missing"), 0), { code: "ENOENT" });
  assert.deepEqual(await readdir(directory), []);
});
