import assert from "node:assert/strict";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { parquetWriteBuffer } from "hyparquet-writer";
import { DescriptionStore } from "../../../datasets/catalogue/description-store.ts";
import { createSharedCatalogue, type SharedCatalogueOptions } from "../../../datasets/catalogue/shared-catalogue.ts";
import { describeFile } from "../../../datasets/formats.ts";
import { openStore } from "../../../storage/embedded/embedded-store.ts";
import type { Store } from "../../../storage/store.ts";
import { recordingLog } from "../../runtime/silent-log.ts";
import { makeDirectory } from "../read-for-test.ts";

async function writeFileOf(path: string, entries: number): Promise<void> {
  const data = Array.from({ length: entries }, (_, index) => index);
  const columnData = [
    { name: "x", type: "INT32", data, nullable: false } as const,
    { name: "y", type: "DOUBLE", data, nullable: true } as const,
  ];
  await writeFile(path, new Uint8Array(parquetWriteBuffer({ columnData, rowGroupSize: 2 })));
}

/** Catalogues that share a store, as processes would. Time passes as `pass` says only. */
async function openShared(t: TestContext) {
  const directory = await makeDirectory(t);
  const store = await openStore({ directory: join(directory, "store") });
  const closing: (() => Promise<void>)[] = [];
  t.after(async () => {
    for (const close of closing) await close();
    await store.close();
  });
  let time = 1_000_000;
  const open = (by: string, patterns: Readonly<Record<string, string>> = {}, rest: Partial<SharedCatalogueOptions> = {}) => {
    const { log, lines } = recordingLog();
    const entries = Object.entries(patterns).map(([name, pattern]) => ({ name, pattern }));
    const beat = 3_600_000;
    const catalogue = createSharedCatalogue({ entries, store, by, isAlone: false, log, beat, now: () => time, ...rest });
    closing.push(() => catalogue.close());
    const look = async () => {
      time += 1_000;
      await catalogue.refresh();
    };
    return { catalogue, lines, look };
  };
  return { directory, store, open, pass: (beats: number) => (time += beats * 3_600_000) };
}

/** Counts the store's calls about files. */
function countFiles(store: Store) {
  const counts = { recalled: 0, kept: 0 };
  const counting: Store = {
    ...store,
    async getMetadata(keys) {
      const found = await store.getMetadata(keys);
      counts.recalled += [...found.keys()].filter((key) => key.includes(" file:")).length;
      return found;
    },
    putMetadata(entries, options) {
      counts.kept += entries.filter(({ key }) => key.includes(" file:")).length;
      return store.putMetadata(entries, options);
    },
  };
  return { counting, counts };
}

test("createSharedCatalogue: a process that was started with no dataset knows those of others, also when they have stopped", async (t) => {
  const { directory, open } = await openShared(t);
  await writeFileOf(join(directory, "a.parquet"), 5);
  const first = open("one", { events: join(directory, "*.parquet") });
  const dataset = await first.catalogue.get("events");
  await first.look();
  const second = open("two");
  await second.catalogue.opened;
  assert.deepEqual(second.catalogue.names(), ["events"]);
  assert.deepEqual(await second.catalogue.get("events"), dataset);
  assert.equal(await second.catalogue.get("other"), undefined);
  await first.catalogue.close();
  const third = open("three");
  assert.deepEqual(await third.catalogue.get("events"), dataset);
  const location = await third.catalogue.locate("events", dataset!.partitions[1]!, "y");
  assert.deepEqual(location, await second.catalogue.locate("events", dataset!.partitions[1]!, "y"));
});

test("createSharedCatalogue: a dataset that is registered while a process runs is found by its name", async (t) => {
  const { directory, open, pass } = await openShared(t);
  await writeFileOf(join(directory, "a.parquet"), 5);
  const idle = open("one");
  await idle.catalogue.opened;
  await open("two", { events: join(directory, "*.parquet") }).catalogue.opened;
  pass(1);
  assert.equal((await idle.catalogue.get("events"))?.entries, 5);
});

test("createSharedCatalogue reads no file whose metadata another process kept, and those that are new or changed", async (t) => {
  const { directory, store, open } = await openShared(t);
  const path = (name: string) => join(directory, `${name}.parquet`);
  await writeFileOf(path("a"), 5);
  await writeFileOf(path("b"), 7);
  const { counting, counts } = countFiles(store);
  const patterns = { events: join(directory, "*.parquet") };
  const before = await open("one", patterns, { store: counting }).catalogue.get("events");
  assert.deepEqual(counts, { recalled: 0, kept: 2 });
  const restarted = open("two", patterns, { store: counting });
  const after = await restarted.catalogue.get("events");
  assert.deepEqual(after, before);
  assert.deepEqual(counts, { recalled: 2, kept: 2 });
  for (const partition of after!.partitions) {
    const [a, b] = await Promise.all(["x", "y"].map((column) => restarted.catalogue.locate("events", partition, column)));
    assert.equal(a!.values, partition.entries);
    assert.equal(b!.column.dtype, "float64");
  }
  await writeFileOf(path("c"), 3);
  await rename(path("c"), path("a"));
  assert.equal((await open("three", patterns, { store: counting }).catalogue.get("events"))?.entries, 10);
  assert.deepEqual(counts, { recalled: 3, kept: 3 });
});

test("createSharedCatalogue: one file has other partitions for each tree that is asked for", async (t) => {
  const { directory, open } = await openShared(t);
  const path = join(directory, "a.parquet");
  await writeFileOf(path, 5);
  await writeFile(join(directory, "b.parquet"), "");
  const { catalogue } = open("one", { plain: directory, some: `${directory}:Events`, other: `${directory}:Runs` });
  const plain = await catalogue.get("plain");
  assert.equal(plain?.entries, 5);
  assert.deepEqual(plain.partitions, (await open("two", { plain: directory }).catalogue.get("plain"))?.partitions);
  for (const [name, tree] of [
    ["some", "Events"],
    ["other", "Runs"],
  ]) {
    await assert.rejects(catalogue.get(name), new RegExp(`a.parquet: a Parquet file holds one table and no trees; leave ":${tree}" out`));
  }
});

test("DescriptionStore: the first description that is recorded of a tree of a file counts for everybody", async (t) => {
  const { directory, store } = await openShared(t);
  const path = join(directory, "a.parquet");
  await writeFileOf(path, 5);
  const bytes = await readFile(path);
  const file = { path, size: bytes.length, version: "1" };
  const reader = {
    byteLength: bytes.length,
    slice: async (start: number, end?: number) => new Uint8Array(bytes.subarray(start, end)).buffer,
  };
  const description = await describeFile(reader, "a.parquet");
  const whole = { ...description, units: [{ entries: 5, firstEntry: 0 }] };
  const [one, two] = [1, 2].map(() => new DescriptionStore(store, recordingLog().log));
  assert.equal((await one!.record([{ file, description: whole }], "Events")).size, 0);
  assert.deepEqual((await two!.record([{ file, description }], "Events")).get(path)?.units, whole.units);
  assert.equal((await two!.record([{ file, description }], "Runs")).size, 0);
  assert.deepEqual((await one!.recall([file], "Events")).get(path)?.units, whole.units);
  assert.deepEqual((await one!.recall([file], "Runs")).get(path)?.units, description.units);
  assert.equal((await one!.recall([file], undefined)).size, 0);
});

test("createSharedCatalogue reads files anew where what is stored of them is damaged, and says so", async (t) => {
  const { directory, store, open } = await openShared(t);
  await writeFileOf(join(directory, "a.parquet"), 5);
  const patterns = { events: join(directory, "*.parquet") };
  const expected = await open("one", patterns).catalogue.get("events");
  for (const part of [" file:", " shape:"]) {
    const damaging: Store = {
      ...store,
      getMetadata: async (keys) =>
        new Map([...(await store.getMetadata(keys))].map(([key, body]) => [key, key.includes(part) ? body.subarray(9) : body])),
    };
    const { catalogue, lines } = open("two", patterns, { store: damaging });
    assert.deepEqual(await catalogue.get("events"), expected);
    assert(lines.some(({ level, message }) => level === "warn" && /is damaged;.* read again/.test(message)));
  }
  const absent = () => Promise.reject(new Error("no answer"));
  const away = open("three", patterns, { store: { ...store, listDatasets: absent, getMetadata: absent, putMetadata: absent } });
  assert.deepEqual(await away.catalogue.get("events"), expected);
  assert(away.lines.every(({ level }) => level === "warn"));
});

test("createSharedCatalogue does not say that there is no such dataset before the store has ever answered, and says so then", async (t) => {
  const { store, open } = await openShared(t);
  const noAnswer = new Error("no answer");
  let isAway = true;
  const listDatasets = () => (isAway ? Promise.reject(noAnswer) : store.listDatasets());
  const { catalogue, look } = open("one", {}, { store: { ...store, listDatasets } });
  await assert.rejects(catalogue.get("events"), noAnswer);
  await assert.rejects(look(), noAnswer);
  isAway = false;
  await look();
  isAway = true;
  assert.equal(await catalogue.get("events"), undefined);
});

test("createSharedCatalogue: of two patterns for one name the one counts that a running process has; the other takes over when it has stopped", async (t) => {
  const { directory, open, pass } = await openShared(t);
  await Promise.all(["old", "new"].map((name) => mkdir(join(directory, name))));
  await writeFileOf(join(directory, "old", "a.parquet"), 5);
  await writeFileOf(join(directory, "new", "b.parquet"), 7);
  const pattern = (name: string) => join(directory, name, "*.parquet");
  const first = open("one", { events: pattern("old") });
  await first.catalogue.opened;
  const second = open("two", { events: pattern("new") });
  const seen = await second.catalogue.get("events");
  assert.equal(seen?.entries, 5);
  assert.match(seen?.notices?.[0] ?? "", /events stands for \*\.parquet, as one registered it; this process was started with \*\.parquet/);
  const [line] = second.lines.filter(({ level }) => level === "error");
  assert.match(line?.message ?? "", /stands for other files than this process was started with; give these another name/);
  assert.deepEqual(line?.fields, { dataset: "events", wanted: pattern("new"), pattern: pattern("old"), by: "one" });
  // The holder shows from time to time that it runs.
  for (let round = 0; round < 4; round++) {
    pass(2);
    await first.look();
    await second.look();
  }
  assert.equal((await second.catalogue.get("events"))?.entries, 5);
  assert.equal((await first.catalogue.get("events"))?.notices, undefined);
  // Killed: it shows nothing any more.
  pass(6);
  await second.look();
  assert.equal((await second.catalogue.get("events"))?.entries, 7);
  assert.equal((await second.catalogue.get("events"))?.notices, undefined);
  assert(second.lines.some(({ message }) => message === "the dataset's name stands for other files than before"));
  // The process was only asleep. The registered pattern counts for it, too.
  await first.look();
  assert.equal((await first.catalogue.get("events"))?.entries, 7);
  // Let go in order: taken over at the next look.
  await second.catalogue.close();
  await first.look();
  assert.equal((await first.catalogue.get("events"))?.entries, 5);
});

test("createSharedCatalogue: a process that has its store alone takes names over at once", async (t) => {
  const { directory, open } = await openShared(t);
  await writeFileOf(join(directory, "a.parquet"), 5);
  await writeFileOf(join(directory, "b.parquet"), 7);
  const first = open("killed", { events: join(directory, "a.parquet") });
  await first.catalogue.opened;
  const second = open("restarted", { events: join(directory, "b.parquet") }, { isAlone: true });
  const dataset = await second.catalogue.get("events");
  assert.equal(dataset?.entries, 7);
  assert.equal(dataset?.notices, undefined);
});

test("createSharedCatalogue: files that cannot be read here are an error that names who registered them", async (t) => {
  const { directory, open } = await openShared(t);
  await writeFileOf(join(directory, "a.parquet"), 5);
  const first = open("host one, process 7", { events: join(directory, "*.parquet") });
  await first.catalogue.get("events");
  await first.look();
  await rename(join(directory, "a.parquet"), join(directory, "elsewhere"));
  const problem = /no file matches \*\.parquet; host one, process 7 registered it with 1 files, and the same paths must be readable on /;
  await assert.rejects(open("two").catalogue.get("events"), problem);
});

test("createSharedCatalogue forgets a dataset that nobody holds, and no other", async (t) => {
  const { directory, open, pass } = await openShared(t);
  await writeFileOf(join(directory, "a.parquet"), 5);
  const first = open("one", { events: join(directory, "*.parquet") });
  await first.catalogue.opened;
  const second = open("two");
  assert.equal(await second.catalogue.forget("events"), "in-use");
  assert.equal(await first.catalogue.forget("events"), "in-use");
  assert.equal(await second.catalogue.forget("other"), "unknown");
  await first.catalogue.close();
  pass(1);
  assert.equal(await second.catalogue.forget("events"), "forgotten");
  assert.deepEqual(second.catalogue.names(), []);
  assert.equal(await open("three").catalogue.get("events"), undefined);
});

test("createSharedCatalogue asks for a dataset of its own once, where it was started with none; a private one is not registered", async (t) => {
  const { directory, open } = await openShared(t);
  await writeFileOf(join(directory, "a.parquet"), 5);
  const asked: number[] = [];
  const otherwise = async (registered: readonly unknown[]) => {
    asked.push(registered.length);
    return { name: "demo", pattern: join(directory, "a.parquet"), isPrivate: true };
  };
  const first = open("one", {}, { otherwise });
  assert.equal((await first.catalogue.get("demo"))?.entries, 5);
  await first.look();
  assert.deepEqual(asked, [0]);
  const second = open("two");
  await second.catalogue.opened;
  assert.deepEqual(second.catalogue.names(), []);
});
