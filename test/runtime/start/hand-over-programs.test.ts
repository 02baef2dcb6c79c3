import assert from "node:assert/strict";
import { test } from "node:test";
import { createApp } from "../../../functions/app.ts";
import { handOverPrograms } from "../../../runtime/start/hand-over-programs.ts";
import { openStore } from "../../../storage/embedded/embedded-store.ts";
import type { Store } from "../../../storage/store.ts";
import { StoreError } from "../../../storage/store-error.ts";
import { makeTemporaryDirectory } from "../../storage/temporary-directory.ts";
import { openApp } from "../../support/open-app.ts";
import { until } from "../../support/until.ts";

const program = { programKey: "p", program: { form: 1 }, module: Uint8Array.of(1) };
const query = { dataset: "events", histograms: { met: { axes: [{ type: "regular", bins: 7, lower: 0, upper: 200, value: "MET.pt" }] } } };

test("handOverPrograms gives the node a program while it is being put, and dispatch only what is stored", async (t) => {
  const { store, gate } = await openSlow(t);
  const { dispatching, computing } = handOverPrograms(store);
  const putting = dispatching.putProgram(program);
  assert.deepEqual([...(await computing.getPrograms(["p", "other"])).values()], [program]);
  assert.equal((await dispatching.getPrograms(["p"])).size, 0);
  gate.resolve();
  await putting;
  for (const each of [computing, dispatching]) assert.deepEqual((await each.getPrograms(["p"])).get("p"), program);
});

test("handOverPrograms gives the node alone a program whose put failed, so that what was queued with it does not fail for good", async (t) => {
  const { store, gate } = await openSlow(t);
  const { dispatching, computing } = handOverPrograms(store);
  const putting = dispatching.putProgram(program);
  gate.reject(new StoreError("unavailable", "the disk is full"));
  await assert.rejects(putting, /the disk is full/);
  assert.deepEqual([...(await computing.getPrograms(["p", "other"])).values()], [program]);
  assert.equal((await dispatching.getPrograms(["p"])).size, 0);
});

test("with a store that keeps the order, a query is computed while its program is being stored, and accepted only afterwards", async (t) => {
  const { app, gate, post } = await openOrdered(t);
  let isAnswered = false;
  const answering = post().finally(() => {
    isAnswered = true;
  });
  await until(async () => app.computed.length === 4, "all partitions computed");
  assert.equal(isAnswered, false);
  gate.resolve();
  const answer = await answering;
  assert([200, 202].includes(answer.status));
});

test("with a store that keeps the order, a query whose program cannot be stored is refused, and nothing of it stays queued", async (t) => {
  const { app, gate, post } = await openOrdered(t);
  app.gate.close();
  const answering = post();
  await until(async () => app.waiting() > 0, "a run that waits");
  gate.reject(new StoreError("unavailable", "the disk is full"));
  assert.equal((await answering).status, 503);
  assert.deepEqual(await app.services.coordinator.demand(), []);
});

/** A store whose puts of programs wait for the gate. */
async function openSlow(t: Parameters<typeof makeTemporaryDirectory>[0]) {
  const gate = { resolve: () => {}, reject: (_error: Error) => {} };
  const opened = new Promise<void>((resolve, reject) => Object.assign(gate, { resolve, reject }));
  opened.catch(() => undefined);
  const embedded = await openStore({ directory: await makeTemporaryDirectory(t) });
  t.after(() => embedded.close());
  const store: Store = {
    ...embedded,
    async putProgram(each) {
      await opened;
      await embedded.putProgram(each);
    },
  };
  return { store, gate };
}

async function openOrdered(t: Parameters<typeof openApp>[0] & Parameters<typeof makeTemporaryDirectory>[0]) {
  const { store, gate } = await openSlow(t);
  const { dispatching, computing } = handOverPrograms(store);
  const app = await openApp(t, { store: computing });
  const functions = createApp({ ...app.services, store: dispatching });
  const post = async () => functions.request("/queries", { method: "POST", body: JSON.stringify(query) });
  return { app, gate, post };
}
