/** Compute nodes on a real Mesos come when somebody asks and go when nobody does, and answer rightly whatever becomes of them. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import type { NodeSupply } from "../../coordination/coordinator.ts";
import { post, status } from "../runtime/slow-query.ts";
import { type MesosAgent, startAgent, startMaster } from "../servers/mesos/start-mesos.ts";
import { requireServer } from "../servers/require-server.ts";
import { askCluster } from "../support/ask-cluster.ts";
import { type Cluster, type ClusterProcess, type NodesAnswer, openCluster, readNodes, startClusterServers } from "../support/cluster.ts";
import { assertComplete, clusterQuery, makeClusterDataset, partitions } from "../support/cluster-dataset.ts";
import { until } from "../support/until.ts";

type Answer = NodesAnswer & { readonly supply?: NodeSupply; readonly nodes: readonly { readonly task?: string }[] };

const servers = requireServer("nodes on Mesos: servers", await startClusterServers({ tick: 200 }));
const master = requireServer("nodes on Mesos", await startMaster());
const dataset = await makeClusterDataset();
/** Seconds within which a query must be answered on the busiest machine. */
const patience = 150;

after(async () => {
  await Promise.all([servers?.stop(), master?.stop()]);
  await dataset.remove();
});

if (servers && master) {
  let cluster: Cluster;
  let agent: MesosAgent;
  let dispatcher: ClusterProcess;
  const look = () => readNodes(dispatcher.url) as Promise<Answer>;
  const ask = (query: unknown) => askCluster(query, { urls: () => [dispatcher.url], patience });

  before(async () => {
    // Room for one node.
    agent = await startAgent({ master, resources: "cpus:1;mem:700;disk:1024" });
    cluster = await openCluster({ after: () => undefined }, servers, { args: dataset.args });
    const options = ["--mesos", master.address, "--nodes", "0..4", "--node-cpus", "1", "--node-mem", "512", "--node-idle", "4s"];
    [dispatcher] = await Promise.all([cluster.start("dispatch"), cluster.start("mesos", { args: [...options, "--node-grace", "2s"] })]);
  });
  after(async () => {
    await cluster.killAll();
    await agent.stop();
  });

  test("a query on a cluster without nodes has one started; with offers for one only, that one does all, and it is told why others are not there", async () => {
    assert.deepEqual((await look()).nodes, []);
    await until(async () => {
      const { code, status: accepted } = await post(dispatcher.url, manySubtasks);
      // A busy machine may have cost the session with ZooKeeper.
      if (code === 503) return false;
      assert.deepEqual([code, accepted.submission!.total], [202, partitions * (1 + variations)]);
      return true;
    }, "the query to be taken");
    await until(async () => (await look()).nodes.length > 0, "a node");
    const [node] = (await look()).nodes;
    const tasks = (await master.state()).frameworks.flatMap((framework) => framework.tasks);
    assert.equal(node!.task, tasks[0]!.id);
    const isTold = (line: string) => line.startsWith("no offer with 1 cpus and 512 MB");
    await until(async () => (await look()).supply?.missing.some(isTold) === true, "a reason why nodes are missing");
    const { supply, nodes } = await look();
    assert.equal(nodes.length, 1);
    assert.ok(supply!.wanted > 1);
    const answer = await ask(manySubtasks);
    assertComplete({ ...answer, partitions: { ...answer.partitions, done: partitions } }, 90);
  });

  test("an executor that is killed while its node computes takes nothing from the answer", async () => {
    const slow = slowTogether(77);
    const { status: accepted } = await post(dispatcher.url, slow);
    await until(async () => (await status(dispatcher.url, accepted.id)).partitions.done > 0, "a first partition");
    const killed = killExecutors(agent.directory);
    assert.ok(killed > 0);
    const answer = await ask(slow);
    assert.equal(answer.partitions.failed, 0);
    assertComplete({ ...answer, partitions: { ...answer.partitions, done: partitions } }, 77);
  });

  test("nodes go when nobody has asked for a while", async () => {
    assertComplete(await ask(clusterQuery(100)), 100);
    await until(async () => (await look()).nodes.length === 0, "an end of the node");
    await until(async () => (await master.state()).frameworks.every((framework) => framework.tasks.length === 0), "an end of its task");
    await until(async () => (await look()).supply?.wanted === 0, "the news of it");
    assert.deepEqual((await look()).supply, { wanted: 0, there: 0, missing: [] });
  });
}

const variations = 10;
const manySubtasks = {
  ...clusterQuery(90),
  variations: Object.fromEntries(Array.from({ length: variations }, (_, index) => [`up${index}`, { weight: `weight * ${index + 2}` }])),
};

/** A `clusterQuery` with much additional work. */
const slowTogether = (upper: number) => {
  const pairs = "Muon.pairs().map((a, b) => a.pt * b.pt)";
  return {
    ...clusterQuery(upper),
    variations: Object.fromEntries(
      Array.from({ length: 8 }, (_, index) => [
        `slow${index}`,
        { filter: `Muon.pairs().sum((a, b) => (a + b).mass * ${index + 1}) > -${index + 1} || ${pairs}.length >= 0` },
      ]),
    ),
  };
};

/** Kills the executors of the agent in this folder; returns their number. */
function killExecutors(directory: string): number {
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  const isOurs = (pid: string) => {
    try {
      const command = readFileSync(`/proc/${pid}/cmdline`, "utf8");
      return command.includes("mesos/executor.ts") && readFileSync(`/proc/${pid}/environ`, "utf8").includes(`MESOS_DIRECTORY=${directory}`);
    } catch {
      return false;
    }
  };
  const ours = pids.filter(isOurs);
  for (const pid of ours) process.kill(Number(pid), "SIGKILL");
  return ours.length;
}
