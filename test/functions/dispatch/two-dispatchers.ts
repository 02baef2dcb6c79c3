/** Opens two dispatchers on one store and one queue. The test itself is the node, so that each situation lasts as long as it is examined. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, type TestContext } from "node:test";
import type { Coordinator } from "../../../coordination/coordinator.ts";
import { createCoordinator } from "../../../coordination/embedded/coordinator.ts";
import { createMemoryJournal } from "../../../coordination/embedded/journal.ts";
import { createZooKeeperCoordinator } from "../../../coordination/zookeeper/coordinator.ts";
import type { QueryState, Status } from "../../../functions/api.ts";
import { createApp } from "../../../functions/app.ts";
import type { QueryLine } from "../../../functions/dispatch/answer/list-queries.ts";
import { overlay } from "../../../functions/metrics/overlay.ts";
import type { Services } from "../../../functions/services.ts";
import { claimOne } from "../../contracts/claim-one.ts";
import { findServer } from "../../coordination/zookeeper/zookeeper-for-tests.ts";
import { silent } from "../../runtime/silent-log.ts";
import { CleanupStack } from "../../support/cleanup.ts";
import { openApp } from "../../support/open-app.ts";

const never = new AbortController().signal;

/** Two dispatchers on one store and one queue, and a node that the test controls. */
export interface Scene {
  readonly here: Dispatcher;
  readonly there: Dispatcher;
  readonly store: Services["store"];
  readonly coordinator: Coordinator;
  /** Another program for each call. */
  readonly query: (name?: string) => object;
  /** Claims a subtask, and computes it. */
  compute(): Promise<void>;
  /** Claims a subtask and keeps the claim. */
  claim(): Promise<void>;
  fail(): Promise<void>;
}

/** `client`: a name, or `NAME/TAB`. */
export interface Dispatcher {
  readonly app: ReturnType<typeof createApp>;
  post(query: object, client?: string): Promise<Status>;
  delete(id: string, client?: string, purge?: string): Promise<Response>;
  status(id: string): Promise<Status | undefined>;
  listed(id: string): Promise<QueryState | undefined>;
}

function dispatcherOver(services: Services): Dispatcher {
  const app = createApp(services);
  const as = (client: string) => {
    const [name = "", tab] = client.split("/");
    return { "femtoq-client": name, ...(tab !== undefined && { "femtoq-tab": tab }) };
  };
  return {
    app,
    async post(query, client = "a") {
      return (
        await app.request("/queries", { method: "POST", headers: as(client), body: JSON.stringify(query) })
      ).json() as Promise<Status>;
    },
    delete: async (id, client = "a", purge = "") =>
      app.request(`/queries/${id}${purge}`, { method: "DELETE", headers: as(client) }, { address: "127.0.0.1" }),
    async status(id) {
      const answer = await app.request(`/queries/${id}`, { headers: as("passer-by") });
      return answer.status === 404 ? undefined : ((await answer.json()) as Status);
    },
    async listed(id) {
      const { queries } = (await (await app.request("/queries?limit=500")).json()) as { readonly queries: readonly QueryLine[] };
      return queries.find((each) => each.id === id)?.state;
    },
  };
}

const cleanups = new CleanupStack();
after(() => cleanups.close());
const host = await openApp(cleanups);
const zookeeper = await findServer("states of queries on ZooKeeper");
let bins = 10;

/** The functions that open a queue, by the coordinator's form; undefined if its server is missing. */
export const openQueues: Readonly<Record<string, ((t: TestContext) => Promise<readonly [Coordinator, Coordinator]>) | undefined>> = {
  embedded: async (t) => {
    const coordinator = await createCoordinator({ journal: createMemoryJournal(), log: silent });
    t.after(() => coordinator.close());
    return [coordinator, coordinator];
  },
  zookeeper:
    zookeeper &&
    (async (t) => {
      const root = `/femtoq-test-${randomUUID()}`;
      const open = async () => {
        const coordinator = await createZooKeeperCoordinator({
          hosts: zookeeper.hosts,
          root,
          log: silent,
          sessionTimeout: 2_000,
          startTimeout: 30_000,
        });
        t.after(() => coordinator.close());
        return coordinator;
      };
      return [await open(), await open()];
    }),
};

/** The deviations of the dispatchers' stores from a normal one. */
export interface Stores {
  readonly here?: Partial<Services["store"]>;
  readonly there?: Partial<Services["store"]>;
}

export async function openScene(t: TestContext, [near, far]: readonly [Coordinator, Coordinator], stores: Stores): Promise<Scene> {
  const { store, executor } = host.services;
  const at = (coordinator: Coordinator, changes: Partial<Services["store"]> = {}) =>
    dispatcherOver({ ...host.services, coordinator, store: overlay(store, changes) });
  const node = await near.join({ id: "node", host: "localhost", threads: 1, cacheLimit: 1e9 });
  t.after(() => node.leave());
  const claim = () => claimOne(node, { signal: never });
  return {
    here: at(near, stores.here),
    there: at(far, stores.there),
    store,
    coordinator: near,
    query(name) {
      const axes = [{ type: "regular", bins: bins++, lower: 0, upper: 200, value: "MET.pt" }];
      return { dataset: "events", ...(name && { name }), histograms: { h: { axes } } };
    },
    async claim() {
      await (await claim()).begin();
    },
    async compute() {
      const { subtask, complete } = await claim();
      const { key, programKey, dataset, partition, fingerprint } = subtask;
      const request = { programs: [programKey], dataset, partitions: [{ partition, fingerprint }] };
      const [outcome] = await executor!.run(request, { signalOf: () => never });
      assert(outcome?.kind === "partial");
      await store.putPartials([{ key, body: outcome.partial }]);
      assert(await complete());
    },
    async fail() {
      assert(await (await claim()).fail("it cannot be read", { permanent: true }));
    },
  };
}
