import assert from "node:assert/strict";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { demoPattern, writeDemoFile } from "../../../datasets/demo/write-demo-file.ts";
import { openDatasets } from "../../../runtime/start/open-datasets.ts";
import { openStore } from "../../../storage/embedded/embedded-store.ts";
import type { Store } from "../../../storage/store.ts";
import { makeTemporaryDirectory } from "../../storage/temporary-directory.ts";
import { recordingLog } from "../silent-log.ts";

interface Started {
  readonly data?: readonly { readonly name: string; readonly pattern: string }[];
  readonly mongodb?: string;
  readonly canMakeDemo?: boolean;
}

/** Processes, one after the other or at once, that have one store; the one below `state` is as if it were theirs alone. */
async function openProcesses(t: TestContext) {
  const state = await makeTemporaryDirectory(t);
  const store = await openStore({ directory: join(state, "store") });
  const closing: (() => Promise<void>)[] = [];
  const stopping = new AbortController();
  t.after(async () => {
    stopping.abort();
    for (const close of closing) await close();
    await store.close();
  });
  const start = async ({ data = [], mongodb, canMakeDemo = true }: Started = {}, over: Store = store) => {
    const made: number[] = [];
    const writing: Promise<unknown>[] = [];
    const writeFile = async (index: number) => {
      made.push(index);
      // One file is enough here.
      if (index === 0) await writeDemoFile(join(state, "demo"), 0);
      else await new Promise(() => undefined);
    };
    const workers = {
      writeDemoFile: ({ index }: { readonly index: number }) => {
        const file = writeFile(index);
        if (index === 0) writing.push(file);
        return file;
      },
    };
    const { log, lines } = recordingLog();
    const config = { data, state, mongodb, partitionEvents: 100_000 };
    const opened = await openDatasets({
      config,
      store: over,
      workers: canMakeDemo ? workers : undefined,
      stopping: stopping.signal,
      log,
    });
    closing.push(async () => {
      await Promise.all(writing);
      await opened.close();
    });
    return { ...opened, made, lines };
  };
  return { state, store, start };
}

test("openDatasets makes the demo dataset where nothing is named and nothing is known, and keeps it to itself on a store of its own", async (t) => {
  const { store, start } = await openProcesses(t);
  const { catalogue, made } = await start();
  assert.deepEqual(catalogue.names(), ["demo"]);
  assert(made.length > 1);
  const demo = await catalogue.get("demo");
  assert.equal(demo?.entries, 100_000);
  assert.equal(demo.preparing?.entries, 100_000);
  assert.deepEqual(await store.listDatasets(), []);
});

test("openDatasets makes no demo dataset where a dataset is named or known, nor where there are no threads for it", async (t) => {
  const { state, start } = await openProcesses(t);
  const none = await start({ canMakeDemo: false });
  assert.deepEqual(none.catalogue.names(), []);
  await writeDemoFile(state, 0);
  const pattern = demoPattern(state);
  const named = await start({ data: [{ name: "mine", pattern }] });
  assert.equal((await named.catalogue.get("mine"))?.entries, 100_000);
  const restarted = await start();
  assert.deepEqual(restarted.catalogue.names(), ["mine"]);
  assert.equal((await restarted.catalogue.get("mine"))?.entries, 100_000);
  assert.deepEqual([...none.made, ...named.made, ...restarted.made], []);
});

test("openDatasets tells others of its demo dataset on a shared store, and goes on making it after a restart", async (t) => {
  const { start } = await openProcesses(t);
  const shared = { mongodb: "mongodb://shared" };
  const first = await start(shared);
  assert.equal((await first.catalogue.get("demo"))?.entries, 100_000);
  const other = await start({ ...shared, canMakeDemo: false });
  assert.equal((await other.catalogue.get("demo"))?.entries, 100_000);
  await first.close();
  const restarted = await start(shared);
  assert.equal((await restarted.catalogue.get("demo"))?.preparing?.entries, 100_000);
  assert(restarted.made.length > 0);
});

test("openDatasets does not wait for a shared store that is away: what is named is there at once", async (t) => {
  const { state, store, start } = await openProcesses(t);
  await writeDemoFile(state, 0);
  const away: Store = { ...store, listDatasets: () => Promise.reject(new Error("no answer")) };
  const { catalogue, lines } = await start({ data: [{ name: "mine", pattern: demoPattern(state) }], mongodb: "mongodb://away" }, away);
  assert.deepEqual(catalogue.names(), ["mine"]);
  assert.equal((await catalogue.get("mine"))?.entries, 100_000);
  assert(lines.some(({ message }) => message === "the store cannot say which datasets are registered; trying again"));
});
