import assert from "node:assert/strict";
import { test } from "node:test";
import { type Coordinator, mostErrors, type SubtaskRequest } from "../../../../coordination/coordinator.ts";
import type { Status } from "../../../../functions/api.ts";
import { createApp } from "../../../../functions/app.ts";
import type { Services } from "../../../../functions/services.ts";
import { openApp, type TestApp } from "../../../support/open-app.ts";
import { until } from "../../../support/until.ts";

const query = (bins: number) => ({
  dataset: "events",
  priority: 321,
  histograms: { met: { axes: [{ type: "regular", bins, lower: 0, upper: 200, value: "MET.pt" }] } },
});

/** Makes a dispatcher over a store that returns one partial as a node of another version would have written it, but only while the test says so. */
function dispatchOver({ services }: TestApp) {
  const requests: SubtaskRequest[] = [];
  const spoilt = { key: undefined as string | undefined, isSpoilt: true };
  const store: Services["store"] = {
    ...services.store,
    async getPartials(keys) {
      spoilt.key ??= keys[0];
      const found = new Map(await services.store.getPartials(keys));
      const body = found.get(spoilt.key!);
      if (body && spoilt.isSpoilt) found.set(spoilt.key!, { ...body, bytes: new Uint8Array(64).fill(9) });
      return found;
    },
  };
  const coordinator: Coordinator = {
    ...services.coordinator,
    enqueue(request) {
      requests.push(request);
      return services.coordinator.enqueue(request);
    },
  };
  const app = createApp({ ...services, store, coordinator });
  const ask = async (path: string, init: RequestInit = {}) => (await app.request(path, init)).json() as Promise<Status>;
  const post = (input: unknown, headers: Readonly<Record<string, string>>) =>
    ask("/queries", { method: "POST", headers, body: JSON.stringify(input) });
  return { ask, post, requests, spoilt };
}

test("a partial that can never be merged is computed again for who asks, at its priority, until its partition has failed by name", async (t) => {
  const app = await openApp(t);
  const { post, requests, ask, spoilt } = dispatchOver(app);
  const status = await post(query(10), { prefer: "wait=120", "femtoq-client": "owner" });
  assert.equal(status.state, "done");
  assert.deepEqual([status.partitions.done, status.partitions.failed], [3, 1]);
  const [failure] = status.failures;
  assert.equal(failure?.attempts, mostErrors);
  assert.match(failure!.cause, /what was computed cannot be merged: .*not a partial/);
  assert.equal(app.computed.length, 4 + mostErrors - 1);
  const again = requests.filter(({ subtasks }) => subtasks.length === 1);
  assert.equal(again.length, mostErrors - 1);
  for (const { queryId, client, priority } of again) assert.deepEqual([queryId, client, priority], [status.id, "named:owner", 321]);

  // Only a retry begins again.
  await post(query(10), { prefer: "wait=120", "femtoq-client": "owner" });
  assert.equal(app.computed.length, 4 + mostErrors - 1);
  spoilt.isSpoilt = false;
  const retried = (await ask(`/queries/${status.id}/retry`, { method: "POST" })) as Status & { readonly retried: number };
  assert.equal(retried.retried, 1);
  const mended = await post(query(10), { prefer: "wait=120" });
  assert.deepEqual([mended.state, mended.events.done, mended.failures], ["done", app.events.length, []]);
});

test("a partial that cannot be merged is not computed again once its last client has withdrawn", async (t) => {
  const app = await openApp(t);
  const { post, ask, requests } = dispatchOver(app);
  const { id } = await post(query(11), { "femtoq-client": "owner" });
  app.gate.close();
  await until(() => requests.length > 1 || app.computed.length > 4, "the first repair");
  const withdrawn = await ask(`/queries/${id}`, { method: "DELETE", headers: { "femtoq-client": "owner" } });
  assert.equal(withdrawn.state, "cancelled");
  const asked = requests.length;
  app.gate.open();
  await until(
    async () => (await app.services.coordinator.demand()).every(({ owned, unowned }) => owned + unowned === 0),
    "the end of all computing",
  );
  assert.equal((await ask(`/queries/${id}`)).state, "cancelled");
  assert.equal(requests.length, asked);
});

test("a damaged partial that only a passer-by comes upon stays, and is computed again for the next who asks", async (t) => {
  const app = await openApp(t);
  const first = await app.ask(query(12));
  const { planKey } = (await app.services.store.getQuery(first.id))!;
  await app.services.store.dropResult(planKey);
  const { ask, post, requests, spoilt } = dispatchOver(app);
  const looked = await ask(`/queries/${first.id}`);
  assert.equal(looked.state, "cancelled");
  assert.equal(requests.length, 0);
  spoilt.isSpoilt = false;
  const again = await post(query(12), { prefer: "wait=120" });
  assert.deepEqual([again.state, again.events.done], ["done", app.events.length]);
});
