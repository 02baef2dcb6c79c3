/** Tests the state of a query in every situation, at two dispatchers: its line in the list and its status agree, whichever is asked and in whatever order. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { subtaskKey } from "../../../base/subtask-key.ts";
import type { QueryState } from "../../../functions/api.ts";
import type { Services } from "../../../functions/services.ts";
import { StoreError } from "../../../storage/store-error.ts";
import { until } from "../../support/until.ts";
import { openQueues, openScene, type Scene, type Stores } from "./two-dispatchers.ts";

/** The number of the dataset's partitions. */
const partitions = 4;

async function times(count: number, action: () => Promise<void>): Promise<void> {
  for (let index = 0; index < count; index++) await action();
}

interface Situation {
  readonly is: string;
  /** The state that both dispatchers tell; undefined if there is no such query. For a pair, each tells its own. */
  readonly expected: QueryState | undefined | readonly [here: QueryState, there: QueryState];
  readonly stores?: Stores;
  /** Prepares the situation; returns the query's id. */
  readonly prepare: (scene: Scene) => Promise<string>;
}

const refuseResult: Partial<Services["store"]> = {
  putResult: () => Promise.reject(new StoreError("too-large", "results are not kept")),
};
const neverRead: Partial<Services["store"]> = { getPartials: () => new Promise(() => undefined) };

const situations: readonly Situation[] = [
  { is: "waiting for a node", expected: "waiting", prepare: async ({ here, query }) => (await here.post(query())).id },
  {
    is: "claimed in part",
    expected: "running",
    async prepare({ here, query, claim }) {
      const { id } = await here.post(query());
      await claim();
      return id;
    },
  },
  {
    is: "stored in part, while the rest waits",
    expected: "running",
    async prepare({ here, query, compute }) {
      const { id } = await here.post(query());
      await compute();
      return id;
    },
  },
  {
    is: "computed, while a dispatcher still merges it",
    expected: ["running", "done"],
    stores: { here: neverRead, there: refuseResult },
    async prepare({ here, query, compute }) {
      const { id } = await here.post(query());
      await times(partitions, compute);
      return id;
    },
  },
  {
    is: "done, with its result stored",
    expected: "done",
    async prepare({ here, query, compute, store }) {
      const { id } = await here.post(query());
      await times(partitions, compute);
      const { planKey } = (await store.getQuery(id))!;
      await until(async () => (await store.getResult(planKey)) !== undefined, "the result");
      return id;
    },
  },
  {
    is: "done, with a result that the store refused",
    expected: "done",
    stores: { here: refuseResult, there: refuseResult },
    async prepare({ here, query, compute }) {
      const { id } = await here.post(query());
      await times(partitions, compute);
      await until(async () => (await here.status(id))?.state === "done", "the end");
      return id;
    },
  },
  {
    is: "failed in part",
    expected: "done",
    async prepare({ here, query, compute, fail }) {
      const { id } = await here.post(query());
      await fail();
      await times(partitions - 1, compute);
      await until(async () => (await here.status(id))?.state === "done", "the end");
      return id;
    },
  },
  {
    is: "failed in part, while the rest waits",
    expected: "running",
    async prepare({ here, query, fail }) {
      const { id } = await here.post(query());
      await fail();
      return id;
    },
  },
  {
    is: "failed altogether",
    expected: "failed",
    async prepare({ here, query, fail }) {
      const { id } = await here.post(query());
      await times(partitions, fail);
      return id;
    },
  },
  {
    is: "withdrawn here before anything was computed",
    expected: "cancelled",
    async prepare({ here, query }) {
      const { id } = await here.post(query());
      await here.delete(id);
      return id;
    },
  },
  {
    is: "withdrawn there, half computed",
    expected: "cancelled",
    async prepare({ here, there, query, compute }) {
      const { id } = await here.post(query());
      await times(2, compute);
      await there.delete(id);
      return id;
    },
  },
  {
    is: "withdrawn there, while another query of its plan goes on",
    expected: "cancelled",
    async prepare({ here, there, query, compute }) {
      const own = query("one");
      const { id } = await here.post(own);
      const other = await here.post({ ...own, name: "two" }, "b");
      await compute();
      await there.delete(id);
      for (const dispatcher of [here, there]) {
        assert.equal(await dispatcher.listed(other.id), "running");
        assert.equal((await dispatcher.status(other.id))?.state, "running");
      }
      return id;
    },
  },
  {
    is: "withdrawn by one of two clients",
    expected: "waiting",
    async prepare({ here, there, query }) {
      const own = query();
      const { id } = await here.post(own, "a");
      await there.post(own, "b");
      await here.delete(id, "a");
      return id;
    },
  },
  {
    is: "withdrawn in one of two tabs of one client",
    expected: "waiting",
    async prepare({ here, there, query }) {
      const own = query();
      const { id } = await here.post(own, "a/1");
      await there.post(own, "a/2");
      await here.delete(id, "a/1");
      await there.delete(id, "a/1");
      return id;
    },
  },
  {
    is: "withdrawn in both tabs of one client",
    expected: "cancelled",
    async prepare({ here, there, query }) {
      const own = query();
      const { id } = await here.post(own, "a/1");
      await there.post(own, "a/2");
      await here.delete(id, "a/2");
      await there.delete(id, "a/1");
      return id;
    },
  },
  {
    is: "withdrawn here, and asked again there",
    expected: "waiting",
    async prepare({ here, there, query }) {
      const own = query();
      const { id } = await here.post(own);
      await here.delete(id);
      await there.post(own);
      return id;
    },
  },
  {
    is: "withdrawn by somebody who never asked for it",
    expected: "waiting",
    async prepare({ here, there, query }) {
      const { id } = await here.post(query());
      await there.delete(id, "passer-by");
      return id;
    },
  },
  {
    is: "withdrawn when it was done",
    expected: "done",
    async prepare({ here, there, query, compute }) {
      const { id } = await here.post(query());
      await times(partitions, compute);
      await there.delete(id);
      return id;
    },
  },
  {
    is: "done, but for partials that were evicted since: what was merged here is not lost here",
    expected: ["done", "cancelled"],
    stores: { here: refuseResult, there: refuseResult },
    async prepare({ here, query, compute, store, coordinator }) {
      const { id } = await here.post(query());
      await times(partitions, compute);
      await until(async () => (await here.status(id))?.state === "done", "the end");
      await until(async () => (await coordinator.interest([id])).get(id) === 0, "the end of all interest");
      const { planKey } = (await store.getQuery(id))!;
      const { programKey, partitions: parts } = (await store.getPlans([planKey])).get(planKey)!;
      for (const { fingerprint } of parts) await store.dropPartial(subtaskKey(programKey, fingerprint));
      return id;
    },
  },
  {
    is: "purged",
    expected: undefined,
    async prepare({ here, there, query, compute }) {
      const { id } = await here.post(query());
      await times(partitions, compute);
      await until(async () => (await here.status(id))?.state === "done", "the end");
      assert.equal((await there.delete(id, "a", "?purge")).status, 200);
      return id;
    },
  },
];

for (const [form, open] of Object.entries(openQueues)) {
  if (!open) continue;
  for (const { is, expected, stores = {}, prepare } of situations) {
    test(`list and status of a query that is ${is} say ${expected}, at both dispatchers (${form})`, { timeout: 120_000 }, async (t) => {
      const scene = await openScene(t, await open(t), stores);
      const id = await prepare(scene);
      const [here, there] = Array.isArray(expected) ? expected : [expected, expected];
      for (const [dispatcher, state] of [
        [scene.there, there],
        [scene.here, here],
      ] as const) {
        assert.equal(await dispatcher.listed(id), state, "listed before it is looked at");
        assert.equal((await dispatcher.status(id))?.state, state, "its status");
        assert.equal(await dispatcher.listed(id), state, "listed after it was looked at");
      }
    });
  }
}

for (const [form, open] of Object.entries(openQueues)) {
  if (!open) continue;
  test(`a stream ends with cancelled, though its query was withdrawn at the other dispatcher and its plan goes on for another (${form})`, {
    timeout: 120_000,
  }, async (t) => {
    const { here, there, query } = await openScene(t, await open(t), {});
    const own = query("one");
    const { id } = await here.post(own);
    const other = await here.post({ ...own, name: "two" }, "b");
    const stream = await here.app.request(`/queries/${id}/events`);
    await there.delete(id);
    assert.match(await stream.text(), /event: cancelled\n(?!.*event:)/s);
    assert.equal((await here.status(other.id))?.state, "waiting");
  });
}
