import assert from "node:assert/strict";
import { test } from "node:test";
import { CoordinatorUnavailableError, type SubtaskEvent } from "../../../coordination/coordinator.ts";
import { createCoordinator } from "../../../coordination/embedded/coordinator.ts";
import { createMemoryJournal } from "../../../coordination/embedded/journal.ts";
import { type Opened, PendingCoordinator } from "../../../runtime/start/pending-coordinator.ts";
import { claimOne } from "../../contracts/claim-one.ts";
import { silent } from "../silent-log.ts";

const node = { id: "n", host: "h", threads: 1, cacheLimit: 0 };
const subtask = { key: "p:f", programKey: "p", fingerprint: "f", dataset: "d", partition: 0 };
const request = { queryId: "q", client: "c", priority: 500, subtasks: [subtask] };
const openEmbedded = async (): Promise<Opened> => ({
  ...(await createCoordinator({ journal: createMemoryJournal() })),
  notReady: () => [],
});

/** Absent until it is let in. */
function comesLater() {
  let isThere = false;
  return {
    arrive() {
      isThere = true;
    },
    open: async () => {
      if (isThere) return openEmbedded();
      throw new CoordinatorUnavailableError("nobody answers at zk:2181");
    },
  };
}

test("PendingCoordinator refuses what is asked while its servers are absent, and lets those who join or watch wait", async (t) => {
  const { open, arrive } = comesLater();
  const coordinator = await PendingCoordinator.open({ interestTerm: 60_000, open, log: silent });
  t.after(() => coordinator.close());
  assert.deepEqual(coordinator.notReady(), ["the coordinator cannot be reached: nobody answers at zk:2181"]);
  await assert.rejects(coordinator.enqueue(request), CoordinatorUnavailableError);
  await assert.rejects(coordinator.states(["p:f"]), /nobody answers/);
  const heard: SubtaskEvent["kind"][] = [];
  coordinator.watch(new Set(["p:f"]), ({ kind }) => void heard.push(kind), new AbortController().signal);
  const joining = coordinator.join(node);
  arrive();
  const membership = await joining;
  assert.deepEqual(coordinator.notReady(), []);
  assert.deepEqual(await coordinator.enqueue(request), { queued: 1, joined: 0 });
  const claim = await claimOne(membership, { signal: new AbortController().signal });
  await claim.complete();
  assert.ok(heard.includes("done"), heard.join());
});

test("PendingCoordinator forgets a watch that ends before its servers come", async (t) => {
  const { open, arrive } = comesLater();
  const watched: string[] = [];
  const recording = async (): Promise<Opened> => {
    const opened = await open();
    return {
      ...opened,
      watch(keys, listener, signal) {
        watched.push(...keys);
        opened.watch(keys, listener, signal);
      },
    };
  };
  const coordinator = await PendingCoordinator.open({ interestTerm: 60_000, open: recording, log: silent });
  t.after(() => coordinator.close());
  const ended = new AbortController();
  coordinator.watch(new Set(["p:ended"]), () => {}, ended.signal);
  coordinator.watch(new Set(["p:lasting"]), () => {}, new AbortController().signal);
  ended.abort();
  arrive();
  await coordinator.join(node);
  assert.deepEqual(watched, ["p:lasting"]);
});

test("PendingCoordinator that is closed while it is opened closes what is opened, and ends the waits", async () => {
  let isClosed = false;
  let arrive = () => {};
  const arrived = new Promise<void>((resolve) => {
    arrive = resolve;
  });
  let attempts = 0;
  const open = async (): Promise<Opened> => {
    if (attempts++ === 0) throw new CoordinatorUnavailableError("nobody answers at zk:2181");
    await arrived;
    const opened = await openEmbedded();
    return {
      ...opened,
      async close() {
        isClosed = true;
        await opened.close();
      },
    };
  };
  const coordinator = await PendingCoordinator.open({ interestTerm: 60_000, open, log: silent });
  const joining = coordinator.join(node);
  while (attempts < 2) await new Promise((resolve) => setTimeout(resolve, 5));
  await coordinator.close();
  arrive();
  await assert.rejects(joining, /closed/);
  assert.ok(isClosed);
});

test("PendingCoordinator rejects at once where the first attempt shows that no later one can help", async () => {
  const open = () => Promise.reject(new Error("another program's root"));
  await assert.rejects(PendingCoordinator.open({ interestTerm: 60_000, open, log: silent }), /another program's root/);
});

test("PendingCoordinator that is closed while its servers are absent ends the waits", async () => {
  const { open } = comesLater();
  const coordinator = await PendingCoordinator.open({ interestTerm: 60_000, open, log: silent });
  const joining = coordinator.join(node);
  await coordinator.close();
  await assert.rejects(joining, /closed/);
});
