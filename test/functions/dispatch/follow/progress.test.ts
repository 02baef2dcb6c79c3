import assert from "node:assert/strict";
import { test } from "node:test";
import { type Coordinator, CoordinatorUnavailableError } from "../../../../coordination/coordinator.ts";
import type { Program } from "../../../../engine/program/program.ts";
import type { Status } from "../../../../functions/api.ts";
import { createApp } from "../../../../functions/app.ts";
import { Progress } from "../../../../functions/dispatch/follow/progress.ts";
import type { Services } from "../../../../functions/services.ts";
import { openApp } from "../../../support/open-app.ts";
import { until } from "../../../support/until.ts";

const query = (bins: number) => ({
  dataset: "events",
  histograms: { met: { axes: [{ type: "regular", bins, lower: 0, upper: 200, value: "MET.pt" }] } },
});

async function ask(services: Services, input: unknown): Promise<Status> {
  const request = { method: "POST", headers: { prefer: "wait=120" }, body: JSON.stringify(input) };
  return (await createApp(services).request("/queries", request)).json();
}

/** A coordinator whose events never come. */
const deaf = (coordinator: Coordinator): Coordinator => ({ ...coordinator, skipsEvents: true, watch() {} });

test("Progress that hears of nothing looks again, and the query ends", async (t) => {
  const { services, events } = await openApp(t);
  const status = await ask({ ...services, coordinator: deaf(services.coordinator) }, query(10));
  assert.equal(status.state, "done");
  assert.equal(status.events.done, events.length);
});

test("Progress that hears of nothing looks again, and says that there are no nodes", async (t) => {
  const { services, gate } = await openApp(t);
  gate.close();
  const coordinator: Coordinator = {
    ...deaf(services.coordinator),
    nodes: async () => [],
    states: async (keys) => new Map(keys.map((key) => [key, { kind: "unowned" }])),
  };
  const app = createApp({ ...services, coordinator });
  const accepted = (await (await app.request("/queries", { method: "POST", body: JSON.stringify(query(11)) })).json()) as Status;
  const stream = await app.request(`/queries/${accepted.id}/events`);
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of stream.body!) {
    text += decoder.decode(chunk, { stream: true });
    if (text.includes('"note":"no nodes"')) break;
  }
  assert.match(text, /"note":"no nodes"/);
});

test("Progress has a partial that is gone computed again, though the coordinator takes that only at the second try", async (t) => {
  const { services, events, computed, lines } = await openApp(t);
  let lost: string | undefined;
  let refusals = 0;
  const store: Services["store"] = {
    ...services.store,
    async getPartials(keys) {
      const found = await services.store.getPartials(keys);
      if (lost !== undefined) return found;
      lost = keys[0];
      return new Map([...found].filter(([key]) => key !== lost));
    },
  };
  const coordinator: Coordinator = {
    ...services.coordinator,
    async enqueue(request) {
      if (lost !== undefined && request.subtasks.length === 1 && refusals++ === 0) throw new CoordinatorUnavailableError("not now");
      return services.coordinator.enqueue(request);
    },
  };
  const status = await ask({ ...services, store, coordinator }, query(12));
  assert.equal(status.state, "done");
  assert.equal(status.events.done, events.length);
  assert.equal(refusals, 2);
  assert.equal(computed.length, status.partitions.total + 1);
  assert.ok(lines.some(({ message }) => message === "a partial cannot be computed again yet"));
});

test("Progress gives the whole sum as soon as all partitions are done, also to who read the sum between two of them", async (t) => {
  const { services, ask: askApp, events } = await openApp(t);
  const { id } = await askApp(query(13));
  const stored = (await services.store.getQuery(id))!;
  const plan = (await services.store.getPlans([stored.planKey])).get(stored.planKey)!;
  const programs = [(await services.store.getPrograms([plan.programKey])).get(plan.programKey)!.program as Program];
  const progress = await Progress.open({ plan, programs }, stored, { ...services, countInterest: async () => new Map() });
  const { partitions } = progress;
  const sums: number[] = [];
  const set = partitions.set.bind(partitions);
  partitions.set = (place, state) => {
    set(place, state);
    if (state === "done") sums.push(progress.read()[0]!.entries);
  };
  await progress.look();
  await until(() => partitions.isFinished, "all are merged");
  await progress.close();
  assert.deepEqual(sums, [250, 500, 750, events.length]);
});
