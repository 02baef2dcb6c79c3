/** The processes of a cluster start in any order, also on servers that are absent, get lost, or are not theirs. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, type TestContext, test } from "node:test";
import type { Problem } from "../../functions/api.ts";
import { runServer } from "../runtime/server-process.ts";
import { post, status } from "../runtime/slow-query.ts";
import { requireServer } from "../servers/require-server.ts";
import { makeServerDirectory } from "../servers/server-directory.ts";
import { findFreePort } from "../servers/server-process.ts";
import { startZooKeeper } from "../servers/zookeeper-server.ts";
import { askCluster, submitTo } from "../support/ask-cluster.ts";
import { Cluster, createZnode, openCluster, readReasons, startClusterServers } from "../support/cluster.ts";
import { assertComplete, makeClusterDataset, clusterQuery as query } from "../support/cluster-dataset.ts";
import { until } from "../support/until.ts";

const tick = 200;
const servers = requireServer("starting a cluster", await startClusterServers({ tick }));
const dataset = await makeClusterDataset();

after(async () => {
  await servers?.stop();
  await dataset.remove();
});

async function startLater(t: TestContext, port: number) {
  const server = await startZooKeeper({ directory: join(await makeServerDirectory(), "zookeeper"), tick, port });
  assert.ok(!("missing" in server));
  t.after(() => server.stop());
  return server;
}

if (servers) {
  test("processes that start before ZooKeeper say what they wait for, answer 503 with Retry-After, and work once it is there", async (t) => {
    const port = await findFreePort();
    const cluster = new Cluster({ zookeeper: `127.0.0.1:${port}`, mongodb: `${servers.mongo.uri}later`, args: dataset.args });
    t.after(() => cluster.killAll());
    const [node, dispatcher] = await Promise.all([cluster.start("compute"), cluster.start("dispatch")]);
    for (const each of [node, dispatcher]) {
      assert.match((await readReasons(each)).join("; "), /coordinator cannot be reached: Cannot reach ZooKeeper at 127\.0\.0\.1:\d+/);
    }
    const early = await fetch(`${dispatcher.url}/queries`, { method: "POST", body: JSON.stringify(query(50)) });
    assert.equal(early.status, 503);
    assert.ok(Number(early.headers.get("retry-after")) > 0);
    assert.equal(((await early.json()) as Problem).code, "coordinator-unavailable");
    await startLater(t, port);
    assertComplete(await askCluster(query(50), { urls: () => cluster.urls, patience: 180 }), 50);
    await until(async () => (await readReasons(node)).length + (await readReasons(dispatcher)).length === 0);
  });

  test("a lost ZooKeeper makes every process say so, stored answers are given all the same, and what was accepted ends when it is back", async (t) => {
    const port = await findFreePort();
    const zookeeper = await startLater(t, port);
    const cluster = new Cluster({ zookeeper: zookeeper.hosts, mongodb: `${servers.mongo.uri}lost`, args: dataset.args });
    t.after(() => cluster.killAll());
    const dispatcher = await cluster.start("dispatch");
    const accepted = await submitTo(dispatcher.url, query(61), 180);
    const node = await cluster.start("compute");
    assertComplete(await askCluster(query(60), { urls: () => cluster.urls, patience: 180 }), 60);
    await cluster.kill(node);
    const waiting = await submitTo(dispatcher.url, query(62), 180);
    const idle = await cluster.start("compute");
    zookeeper.signal("SIGKILL");
    for (const each of [dispatcher, idle]) await until(async () => /ZooKeeper at .* is lost/.test((await readReasons(each)).join("; ")));
    assertComplete((await post(dispatcher.url, query(60))).status, 60);
    const { code, stderr } = await cluster.end(idle);
    assert.equal(code, 0, stderr);
    await zookeeper.restart();
    const another = await cluster.start("compute");
    await until(async () => (await readReasons(another)).length + (await readReasons(dispatcher)).length === 0);
    for (const [{ id }, upper] of [
      [accepted, 61],
      [waiting, 62],
    ] as const) {
      await until(async () => (await status(dispatcher.url, id)).state === "done");
      assertComplete(await status(dispatcher.url, id), upper);
    }
  });

  test("a ZooKeeper that cannot be used as it is ends the start with code 2 and says what to do, without a password", async (t) => {
    const { zookeeper, mongo } = servers;
    const start = (hosts: string, ...args: string[]) =>
      runServer(["--port", "0", "--role", "dispatch", "--zookeeper", hosts, "--mongodb", `${mongo.uri}refused`, ...dataset.args, ...args]);
    const cluster = await openCluster(t, servers, { args: dataset.args });
    const owner = ["--zookeeper-auth", "owner:sekrit"];
    await cluster.end(await cluster.start("dispatch", { args: owner }));
    await createZnode(zookeeper.hosts, "/alien");
    await createZnode(zookeeper.hosts, "/alien/femtoq", '{"layout":"another program"}');
    await createZnode(zookeeper.hosts, "/newer");
    await createZnode(zookeeper.hosts, "/newer/femtoq", '{"layout":"femtoq coordination","version":999}');
    const refusals = [
      [start(`${zookeeper.hosts}/nowhere`), /path \/nowhere of ZooKeeper's address: there is no such znode; create it/],
      [start(`${zookeeper.hosts}/alien`), /\/alien\/femtoq in ZooKeeper: something else than Femtoq's coordination is there/],
      [start(`${zookeeper.hosts}/newer`), /layout is version 999, of a newer Femtoq/],
      [start(cluster.zookeeper), /--zookeeper-auth/],
      [start(cluster.zookeeper, "--zookeeper-auth", "other:sekrit"), /--zookeeper-auth/],
    ] as const;
    for (const [started, message] of refusals) {
      const { code, stdout, stderr } = await started;
      assert.match(stderr, message);
      assert.equal(code, 2);
      assert.doesNotMatch(stdout + stderr, /sekrit/);
    }
  });
}
