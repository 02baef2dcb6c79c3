import assert from "node:assert/strict";
import { test } from "node:test";
import type { Coordinator } from "../../../coordination/coordinator.ts";
import type { Status } from "../../../functions/api.ts";
import { createApp } from "../../../functions/app.ts";
import { openApp, type TestApp } from "../../support/open-app.ts";

const query = { dataset: "events", histograms: { met: { axes: [{ type: "regular", bins: 7, lower: 0, upper: 200, value: "MET.pt" }] } } };

/** Posts to an app whose coordinator accepts only this many subtasks of the first requests. */
async function askOf({ services }: TestApp, { most, first }: { readonly most: number; readonly first: number }) {
  const requests: number[] = [];
  const coordinator: Coordinator = {
    ...services.coordinator,
    enqueue(request) {
      requests.push(request.subtasks.length);
      const subtasks = requests.length > first ? request.subtasks : request.subtasks.slice(0, most);
      return services.coordinator.enqueue({ ...request, subtasks });
    },
  };
  const init = { method: "POST", headers: { prefer: "wait=120" }, body: JSON.stringify(query) };
  return { answer: await createApp({ ...services, coordinator }).request("/queries", init), requests };
}

test("queueRest asks again for what a coordinator did not take because the query was cleared away meanwhile", async (t) => {
  const app = await openApp(t);
  const { answer, requests } = await askOf(app, { most: 3, first: 1 });
  const status = (await answer.json()) as Status;
  assert.equal(status.state, "done");
  assert.equal(status.events.done, app.events.length);
  assert.equal(requests.length, 2);
  assert.deepEqual(status.submission?.queued, 4);
});

test("queueRest gives up with 503 where a coordinator takes nothing, and does not say that the query is accepted", async (t) => {
  const { answer } = await askOf(await openApp(t), { most: 0, first: 100 });
  assert.equal(answer.status, 503);
});
