import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { appendFile, rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { localFiles } from "../../../datasets/sources/local/local-files.ts";
import { makeDirectory } from "../read-for-test.ts";

async function makeFile(path: string) {
  await writeFile(path, "0123456789");
  const [found] = (await localFiles.list(path, { endings: [] })).files;
  return found!.file;
}

test("open gives the bytes asked for", async (t) => {
  const file = await makeFile(join(await makeDirectory(t), "a"));
  const text = await localFiles.open(file, async (source) => {
    assert.equal(source.byteLength, 10);
    return new TextDecoder().decode(await source.slice(3, 6)) + new TextDecoder().decode(await source.slice(8));
  });
  assert.equal(text, "34589");
});

test("open refuses what was read of a file that changed meanwhile, even if reading failed for good", async (t) => {
  const file = await makeFile(join(await makeDirectory(t), "a"));
  const grow = localFiles.open(file, async () => {
    await appendFile(file.path, "more");
    throw new Error("damaged");
  });
  await assert.rejects(grow, { name: "DatasetError", permanent: false, message: /a changed while it was read/ });
});

test("open says where a file ends that was cut while it was read", async (t) => {
  const file = await makeFile(join(await makeDirectory(t), "a"));
  const cut = localFiles.open(file, async (source) => {
    await truncate(file.path, 4);
    await assert.rejects(source.slice(2, 8), { name: "DatasetError", permanent: false, message: /bytes 2–8 needed, it ends at 4/ });
  });
  await assert.rejects(cut, /changed while it was read/);
});

test("open refuses a named pipe that took the place of a file, and does not wait for a writer", async (t) => {
  const file = await makeFile(join(await makeDirectory(t), "a"));
  await rm(file.path);
  try {
    await promisify(execFile)("mkfifo", [file.path]);
  } catch {
    return t.skip("this system makes no named pipes");
  }
  const opened = localFiles.open(file, async () => "read");
  await assert.rejects(opened, { name: "DatasetError", permanent: false, message: /Cannot read a: it is a named pipe, no regular file/ });
});
