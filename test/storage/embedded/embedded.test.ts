import assert from "node:assert/strict";
import { cp, mkdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { openStore, type StoreOptions } from "../../../storage/embedded/embedded-store.ts";
import type { Store } from "../../../storage/store.ts";
import type { StoreError } from "../../../storage/store-error.ts";
import { describeStore } from "../../contracts/store-contract.ts";
import { recordingLog } from "../../runtime/silent-log.ts";
import { getPartial, getPlan, getProgram, putPartial } from "../one-at-a-time.ts";
import { makeTemporaryDirectory } from "../temporary-directory.ts";

/** Opens a store and closes it before its directory goes. */
async function openForTest(t: TestContext, options: StoreOptions): Promise<Store> {
  const store = await openStore(options);
  t.after(() => store.close());
  return store;
}

describeStore("embedded store", async (t, conditions) => {
  const directory = join(await makeTemporaryDirectory(t), "store");
  return {
    store: await openForTest(t, { directory, ...conditions }),
    /** A killed process leaves what the files contain between two writes. The owner file names this process, which lives. */
    async crash() {
      const copy = `${directory}-after`;
      await cp(directory, copy, { recursive: true });
      await rm(join(copy, "owner"));
      return openForTest(t, { directory: copy, ...conditions });
    },
  };
});

const refusal = (code: StoreError["code"], message: RegExp) => (error: StoreError) => {
  assert.equal(error.code, code);
  assert.match(error.message, message);
  return true;
};

test("a closed store refuses, and closing again does nothing", async (t) => {
  const store = await openStore({ directory: await makeTemporaryDirectory(t) });
  const putting = putPartial(store, "key", new Uint8Array(10));
  await store.close();
  await store.close();
  assert.equal(await putting, "inserted");
  const closed = refusal("unavailable", /it was closed/);
  for (const use of [
    () => putPartial(store, "key", new Uint8Array(1)),
    () => getPartial(store, "key"),
    () => store.findPartials(["key"]),
    () => store.dropPartial("key"),
    () => getPlan(store, "key"),
    () => store.usage(),
  ]) {
    await assert.rejects(use(), closed);
  }
});

test("plans and programs share a bound of their own: a plan whose piece was evicted is gone until it is put again", async (t) => {
  const partitions = Array.from({ length: 3000 }, (_, index) => ({ index, fingerprint: `${index}`, entries: 1, file: "a.parquet" }));
  const plan = { planKey: "plan", programKey: "program", dataset: "zmumu", partitions };
  const store = await openForTest(t, { directory: await makeTemporaryDirectory(t), recordLimit: 300_000 });
  await putPartial(store, "partial", new Uint8Array(100));
  await store.putPlan(plan);
  const release = store.pin(["plan"]);
  await store.putProgram({ programKey: "one", program: {}, module: new Uint8Array(250_000) });
  assert.deepEqual(await getPlan(store, "plan"), plan);
  release();
  await store.putProgram({ programKey: "two", program: {}, module: new Uint8Array(250_000) });
  assert.equal(await getPlan(store, "plan"), undefined);
  assert.equal(await store.hasPlan("plan"), false);
  assert.equal(await getProgram(store, "one"), undefined);
  await store.putPlan(plan);
  assert.deepEqual(await getPlan(store, "plan"), plan);
  assert(await getPartial(store, "partial"));
});

test("openStore refuses a directory that is open already, and opens it when it was closed", async (t) => {
  const directory = await makeTemporaryDirectory(t);
  const first = await openStore({ directory });
  await assert.rejects(openStore({ directory }), refusal("in-use", new RegExp(`process ${process.pid} on .* has it open; stop it first`)));
  assert.equal(await putPartial(first, "key", new Uint8Array(10)), "inserted");
  await first.close();
  const second = await openForTest(t, { directory });
  assert(await getPartial(second, "key"));
});

test("openStore opens a directory whose owner died", async (t) => {
  const directory = await makeTemporaryDirectory(t);
  await (await openStore({ directory })).close();
  for (const owner of ["", "{", JSON.stringify({ pid: 2 ** 22 + 1, host: (await import("node:os")).hostname() })]) {
    await writeFile(join(directory, "owner"), owner);
    await (await openStore({ directory })).close();
  }
});

test("openStore refuses a directory that another host has", async (t) => {
  const directory = await makeTemporaryDirectory(t);
  await writeFile(join(directory, "owner"), JSON.stringify({ pid: 1, host: "elsewhere.example" }));
  await assert.rejects(openStore({ directory }), refusal("in-use", /process 1 on elsewhere\.example .*delete .*owner/));
});

test("openStore refuses a directory with files of others, and leaves them alone", async (t) => {
  const directory = await makeTemporaryDirectory(t);
  await writeFile(join(directory, "thesis.tex"), "chapter 1");
  await assert.rejects(openStore({ directory }), refusal("foreign", /holds other files \(thesis\.tex\); name an empty/));
  assert.equal(await readFile(join(directory, "thesis.tex"), "utf8"), "chapter 1");
});

test("openStore refuses a file where a directory should be", async (t) => {
  const path = join(await makeTemporaryDirectory(t), "file");
  await writeFile(path, "x");
  await assert.rejects(openStore({ directory: path }), refusal("unavailable", /Cannot open .*file/));
});

test("openStore refuses a database of another program", async (t) => {
  const directory = await makeTemporaryDirectory(t);
  const { open } = await import("lmdb");
  const other = open(directory, { overlappingSync: false });
  await other.put("key", "value");
  await other.close();
  await assert.rejects(openStore({ directory }), refusal("foreign", /database is of another program; name another directory/));
});

test("openStore refuses a database of another version, and says what to do", async (t) => {
  const directory = await makeTemporaryDirectory(t);
  const { open } = await import("lmdb");
  const other = open(directory, { encoding: "binary", overlappingSync: false });
  await other.put("format", Buffer.from("femtoq 1"));
  await other.close();
  await assert.rejects(openStore({ directory }), refusal("foreign", /written by another version of Femtoq; delete it .* or name another/));
});

test("openStore names a damaged database instead of dying of it", async (t) => {
  const directory = await makeTemporaryDirectory(t);
  await mkdir(directory, { recursive: true });
  for (const size of [1, 100, 4096, 300_000]) {
    await writeFile(join(directory, "data.mdb"), new Uint8Array(size).fill(0xa5));
    await assert.rejects(openStore({ directory }), refusal("damaged", /is damaged; delete the directory/));
  }
});

test("openStore survives a database that was cut short: it opens with a warning, or names the damage", async (t) => {
  const directory = await makeTemporaryDirectory(t);
  const store = await openStore({ directory });
  for (let index = 0; index < 200; index++) await putPartial(store, `key ${index}`, new Uint8Array(20_000).fill(index));
  await store.close();
  const whole = join(await makeTemporaryDirectory(t), "whole");
  await cp(directory, whole, { recursive: true });
  for (const size of [4096, 8192, 40_960, 1_000_000, 3_000_000]) {
    await rm(directory, { recursive: true });
    await cp(whole, directory, { recursive: true });
    await truncate(join(directory, "data.mdb"), size);
    const { log, lines } = recordingLog();
    const opened = await openStore({ directory, log }).catch((error: StoreError) => error);
    if (opened instanceof Error) {
      assert.equal((opened as StoreError).code, "damaged", opened.message);
    } else {
      const warnings = lines.map(({ level, message }) => [level, message]);
      assert.deepEqual(warnings, [["warn", "the database file was shorter than it says; filled up with zeros"]]);
      await Promise.allSettled(Array.from({ length: 200 }, (_, index) => getPartial(opened, `key ${index}`)));
      await opened.close();
    }
  }
});
