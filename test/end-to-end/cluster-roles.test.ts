/** Processes of different roles answer queries together, on a real ZooKeeper and a server of MongoDB's protocol. */
import assert from "node:assert/strict";
import { after, type TestContext, test } from "node:test";
import type { Problem } from "../../functions/api.ts";
import { post, status } from "../runtime/slow-query.ts";
import { requireServer } from "../servers/require-server.ts";
import { askCluster, readEvents, submitTo } from "../support/ask-cluster.ts";
import { type Cluster, openCluster, readNodes, readReasons, startClusterServers } from "../support/cluster.ts";
import { assertComplete, makeClusterDataset, partitions, clusterQuery as query, slowClusterQuery } from "../support/cluster-dataset.ts";
import { until } from "../support/until.ts";

const servers = requireServer("roles of a cluster", await startClusterServers({ tick: 200 }));
const dataset = await makeClusterDataset();

after(async () => {
  await servers?.stop();
  await dataset.remove();
});

const open = (t: TestContext): Promise<Cluster> => openCluster(t, servers!, { args: dataset.args });

const problemAt = async (url: string) => {
  const response = await fetch(url);
  return { code: response.status, problem: (await response.json()) as Problem };
};

if (servers) {
  test("a dispatcher without nodes accepts a query and says that there are no nodes; nodes that start later finish it; another dispatcher returns the result", async (t) => {
    const cluster = await open(t);
    const first = await cluster.start("dispatch");
    const accepted = await submitTo(first.url, query(100), 180);
    assert.deepEqual(accepted.submission, { total: partitions, stored: 0, joined: 0, queued: partitions });
    await until(async () => (await status(first.url, accepted.id)).note === "no nodes");
    const second = await cluster.start("dispatch");
    const streamed = readEvents(second.url, accepted.id, AbortSignal.timeout(180_000));
    await cluster.start("compute");
    const last = (await streamed).at(-1)!;
    assert.equal(last.event, "done");
    assertComplete(last.status, 100);
    assert.equal(last.status.note, undefined);
    assertComplete(await status(first.url, accepted.id), 100);
    assertComplete((await post(second.url, query(100))).status, 100);
  });

  test("each role serves its own part and names itself where something else is asked", async (t) => {
    const cluster = await open(t);
    const [dispatcher, node] = await Promise.all([cluster.start("dispatch"), cluster.start("compute")]);
    assert.equal((await fetch(dispatcher.url)).status, 200);
    await until(async () => (await readReasons(node)).length === 0);
    assert.deepEqual(await readReasons(dispatcher), []);
    for (const path of ["/", "/queries", "/datasets", "/functions"]) {
      const { code, problem } = await problemAt(`${node.url}${path}`);
      assert.equal(code, 404);
      assert.match(problem.detail, /role compute; ask one with the role dispatch/);
    }
    const computing = await fetch(`${dispatcher.url}/compute`, { method: "POST", body: "{}" });
    assert.equal(computing.status, 404);
    assert.match(((await computing.json()) as Problem).detail, /role dispatch/);
    for (const { url } of [dispatcher, node]) {
      const { nodes } = await readNodes(url);
      assert.deepEqual(
        nodes.map(({ threads }) => threads),
        [1],
      );
      assert.ok(Date.now() - Date.parse(nodes[0]!.since) < 60_000);
    }
  });

  test("two dispatchers that get overlapping queries have each partition computed once", async (t) => {
    const cluster = await open(t);
    const dispatchers = [await cluster.start("dispatch"), await cluster.start("dispatch")];
    const asked = await Promise.all([90, 91, 92, 90, 91, 92].map((upper, index) => post(dispatchers[index % 2]!.url, query(upper))));
    await cluster.start("compute");
    const ended = await Promise.all([90, 91, 92].map((upper) => askCluster(query(upper), { urls: () => cluster.urls, patience: 180 })));
    for (const [index, status] of ended.entries()) assertComplete(status, 90 + index);
    assert.equal(
      asked.reduce((sum, { status }) => sum + status.submission!.queued, 0),
      3 * partitions,
    );
    assert.equal(
      asked.reduce((sum, { status }) => sum + status.submission!.joined, 0),
      3 * partitions,
    );
    await until(async () => (await readNodes(dispatchers[0]!.url)).nodes[0]!.done === 3 * partitions);
    const { nodes, subtasks } = await readNodes(dispatchers[1]!.url);
    assert.equal(nodes.length, 1);
    assert.deepEqual(subtasks, { unowned: 0, owned: 0, failed: 0 });
  });

  test("a compute process hands its claims back at SIGTERM, leaves and ends with code 0, and another one finishes", async (t) => {
    const cluster = await open(t);
    const dispatcher = await cluster.start("dispatch");
    const first = await cluster.start("compute");
    const accepted = await submitTo(dispatcher.url, slowClusterQuery, 180);
    await until(async () => (await readNodes(dispatcher.url)).subtasks.owned > 0);
    const { code, stderr } = await cluster.end(first);
    assert.equal(code, 0, stderr);
    assert.deepEqual((await readNodes(dispatcher.url)).nodes, []);
    const { unowned, owned } = (await readNodes(dispatcher.url)).subtasks;
    assert.equal(owned, 0);
    assert.ok(unowned > 0);
    await cluster.start("compute");
    const ended = await askCluster(slowClusterQuery, { urls: () => cluster.urls, patience: 180 });
    assert.equal(ended.id, accepted.id);
    assert.equal(ended.state, "done");
    assert.equal(ended.events.done, ended.events.total);
  });
}
