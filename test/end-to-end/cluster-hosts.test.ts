/** A cluster whose processes run partly on Node and partly on Deno, or whose compute function is at a URL. */
import assert from "node:assert/strict";
import { after, type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { findDeno } from "../runtime/server-process.ts";
import { requireServer } from "../servers/require-server.ts";
import { findFreePort, startProcess } from "../servers/server-process.ts";
import { askCluster, readEvents, submitTo } from "../support/ask-cluster.ts";
import { openCluster, readNodes, readReasons, startClusterServers } from "../support/cluster.ts";
import { assertComplete, makeClusterDataset, clusterQuery as query } from "../support/cluster-dataset.ts";
import { until } from "../support/until.ts";

const servers = requireServer("a cluster on Node and Deno", await startClusterServers({ tick: 200 }));
const dataset = await makeClusterDataset();

after(async () => {
  await servers?.stop();
  await dataset.remove();
});

/** Serves the compute function alone by `deno serve`. */
async function serveFunction(t: TestContext, mongodb: string, on?: number): Promise<string> {
  const port = on ?? (await findFreePort());
  const module = fileURLToPath(new URL("../../runtime/compute-function.ts", import.meta.url));
  const [, data] = dataset.args;
  const settings = [
    `FEMTOQ_MONGODB=${mongodb}`,
    `FEMTOQ_DATA=${data}`,
    "FEMTOQ_THREADS=1",
    "FEMTOQ_MEMORY=64MiB",
    "FEMTOQ_PARTITION_EVENTS=1",
  ];
  const served = await startProcess({
    what: "the compute function on Deno",
    command: "env",
    parameters: [...settings, findDeno(), "serve", "-A", "--no-check", "--host", "127.0.0.1", "--port", `${port}`, module],
    readyPort: (line) => (/Listening on/.test(line) ? port : undefined),
  });
  t.after(() => served.stop());
  return `http://127.0.0.1:${port}`;
}

if (servers) {
  for (const [dispatch, compute] of [
    ["deno", "node"],
    ["node", "deno"],
  ] as const) {
    test(`a dispatcher on ${dispatch} and a node on ${compute} answer a query together, and its stream ends`, async (t) => {
      const cluster = await openCluster(t, servers, { args: dataset.args });
      const dispatcher = await cluster.start("dispatch", { runtime: dispatch });
      const accepted = await submitTo(dispatcher.url, query(100), 180);
      const streamed = readEvents(dispatcher.url, accepted.id, AbortSignal.timeout(180_000));
      const node = await cluster.start("compute", { runtime: compute });
      const last = (await streamed).at(-1)!;
      assert.equal(last.event, "done");
      assertComplete(last.status, 100);
      for (const each of [node, dispatcher]) {
        const { code, stderr } = await cluster.end(each);
        assert.equal(code, 0, stderr);
      }
    });
  }

  test("a node with --compute-url has the compute function of another host do the work", async (t) => {
    const cluster = await openCluster(t, servers, { args: dataset.args });
    const url = await serveFunction(t, cluster.mongodb);
    const dispatcher = await cluster.start("dispatch");
    const node = await cluster.start("compute", { args: ["--compute-url", url] });
    assertComplete(await askCluster(query(80), { urls: () => cluster.urls, patience: 180 }), 80);
    const { nodes } = await readNodes(dispatcher.url);
    assert.match(nodes[0]!.host, new RegExp(`for ${new URL(url).host}$`));
    assert.equal((await fetch(`${node.url}/compute`, { method: "POST", body: "{}" })).status, 404);
  });

  test("a node whose compute function cannot be reached is not ready and says why, and computes when it can", async (t) => {
    const cluster = await openCluster(t, servers, { args: dataset.args });
    await cluster.start("dispatch");
    const port = await findFreePort();
    const node = await cluster.start("compute", { args: ["--compute-url", `http://127.0.0.1:${port}`] });
    const unreachable = new RegExp(`The compute function at 127\\.0\\.0\\.1:${port} failed: .*(refused|ECONNREFUSED)`, "i");
    await until(async () => (await readReasons(node)).some((reason) => unreachable.test(reason)));
    const status = await submitTo(cluster.urls[0]!, query(70), 180);
    await serveFunction(t, cluster.mongodb, port);
    assertComplete(await askCluster(query(70), { urls: () => cluster.urls, patience: 180 }), 70);
    assert.deepEqual(await readReasons(node), []);
    assert.equal(status.failures.length, 0);
  });
}
