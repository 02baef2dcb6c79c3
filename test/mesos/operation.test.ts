/**
 * Tests what may happen to nodes on a real Mesos: agents that fall silent, are taken away for maintenance, are drained or are bad, and an upgrade by a second
 * process that takes over. The master is behind a gateway with HTTPS, and requires a principal.
 */
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import type { NodeSupply } from "../../coordination/coordinator.ts";
import { type MesosAgent, startAgent, startMaster, type TaskState } from "../servers/mesos/start-mesos.ts";
import { requireServer } from "../servers/require-server.ts";
import { askCluster } from "../support/ask-cluster.ts";
import { type Cluster, type ClusterProcess, openCluster, readNodes, readReasons, startClusterServers } from "../support/cluster.ts";
import { assertComplete, clusterQuery, makeClusterDataset } from "../support/cluster-dataset.ts";
import { type Certificate, makeCertificate } from "../support/make-certificate.ts";
import { until } from "../support/until.ts";
import { startGateway } from "./gateway.ts";

const suite = "nodes on a Mesos that is operated";
const account = { principal: "femtoq", secret: "s3cret" };
const servers = requireServer(suite, await startClusterServers({ tick: 200 }));
const certificate = requireServer<Certificate>(suite, makeCertificate() ?? { missing: "no openssl to make a certificate with" });
const environment = { MESOS_ALLOCATION_INTERVAL: "100ms" };
const master = requireServer(suite, await startMaster({ credentials: [account], pings: { seconds: 1, times: 5 }, environment }));

if (servers && certificate && master) {
  const dataset = await makeClusterDataset();
  const directory = await mkdtemp(join(tmpdir(), "femtoq-operation-"));
  const gateway = await startGateway(master, certificate);
  let agents: readonly [MesosAgent, MesosAgent];
  let cluster: Cluster;
  let dispatcher: ClusterProcess;
  let keeper: ClusterProcess;

  before(async () => {
    const start = (hostname: string) => startAgent({ master, environment: { MESOS_HOSTNAME: hostname } });
    agents = await Promise.all([start("agent-a"), start("agent-b")]);
    await writeFile(join(directory, "account"), JSON.stringify(account), { mode: 0o600 });
    await writeFile(join(directory, "ca.pem"), certificate.cert);
    cluster = await openCluster({ after: () => undefined }, servers, { args: dataset.args });
    [dispatcher, keeper] = await Promise.all([cluster.start("dispatch"), startKeeper("1..1", "1")]);
  });
  after(async () => {
    await cluster.killAll();
    await Promise.all([...agents, master, gateway, servers].map((each) => each.stop()));
    await dataset.remove();
    await rm(directory, { recursive: true, force: true });
  });

  test("a node that is always wanted comes by HTTPS and with a principal", async () => {
    await nodeOn(...agents);
  });

  test("an agent that falls silent has its node replaced at once, and where it is back that one is drained", async () => {
    const silent = await nodeOn(...agents);
    const [old] = await nodeTasks();
    silent.pause();
    await until(async () => (await nodeTasks()).some(({ slave_id }) => slave_id === otherThan(silent).id), "a node on the other agent");
    silent.resume();
    await silent.register();
    await nodeOn(otherThan(silent));
    const ended = (await completedTasks()).find(({ id }) => id === old!.id);
    assert.equal(ended?.state, "TASK_KILLED");
  });

  test("an agent that is to be taken away in a minute loses its node to another one, which was silent before", async () => {
    const leaving = await nodeOn(...agents);
    await schedule([{ machine_ids: [{ hostname: hostnameOf(leaving), ip: "127.0.0.1" }], unavailability: { start: inOneMinute() } }]);
    await nodeOn(otherThan(leaving));
    await schedule([]);
  });

  test("a second process of another version waits, takes over, and replaces what its predecessor had started one by one", async () => {
    const [old] = await nodeTasks();
    const successor = await startKeeper("2..2", "2");
    await until(async () => (await readReasons(successor)).some((reason) => reason.includes("leads")), "a successor that waits");
    await cluster.kill(keeper);
    keeper = successor;
    const isNew = ({ labels }: TaskState) => JSON.stringify(labels) !== JSON.stringify(old!.labels);
    await until(
      async () => (await nodeTasks()).filter(isNew).length === 2 && (await nodeTasks()).length === 2,
      "two nodes of the new version",
    );
    // As Mesos recorded it: the old node ended after a new one had begun, and the last one began after it had ended.
    const began = (await nodeTasks()).map(({ statuses }) => timeOf(statuses, "TASK_RUNNING")).sort((a, b) => a - b);
    const ended = timeOf((await completedTasks()).find(({ id }) => id === old!.id)!.statuses, "TASK_KILLED");
    assert.ok(began[0]! < ended && ended < began[1]!, JSON.stringify({ began, ended }));
  });

  test("a drained agent's node goes elsewhere; an agent where nodes crash twice is avoided, which is told, and others answer", async () => {
    const [drained, bad] = agents;
    await writeFile(join(directory, `bad-${bad.id}`), "");
    await master.operate({ type: "DRAIN_AGENT", drain_agent: { agent_id: { value: drained.id } } });
    await until(async () => (await supply())?.missing.some((line) => line.includes("on agent-b, so none")) === true, "the news of it");
    assert.deepEqual(
      (await nodeTasks()).map(({ slave_id }) => slave_id),
      [bad.id],
    );
    const crashes = (await completedTasks()).filter(({ state }) => state === "TASK_FAILED");
    assert.deepEqual(
      crashes.map(({ slave_id }) => slave_id),
      [bad.id, bad.id],
    );
    await master.operate({ type: "REACTIVATE_AGENT", reactivate_agent: { agent_id: { value: drained.id } } });
    assertComplete(await askCluster(clusterQuery(100), { urls: () => [dispatcher.url], patience: 150 }), 100);
    await until(async () => (await nodeTasks()).some(({ slave_id }) => slave_id === drained.id), "a node on the agent that is back");
  });

  /** On an agent with a file of its own in `directory` nodes end at once. */
  function startKeeper(nodes: string, version: string): Promise<ClusterProcess> {
    const executor = fileURLToPath(new URL("../../runtime/mesos/executor.ts", import.meta.url));
    const node = "deno" in process.versions ? "node" : process.execPath;
    const command = `[ ! -e ${directory}/bad-$MESOS_SLAVE_ID ] || exit 1; exec '${node}' --import '${import.meta.resolve("tsx")}' '${executor}'`;
    return cluster.start("mesos", {
      args: [
        ...["--mesos", gateway.url, "--mesos-ca", join(directory, "ca.pem"), "--mesos-credentials", join(directory, "account")],
        ...["--nodes", nodes, "--node-cpus", "1", "--node-mem", "512", "--node-grace", "1s"],
        ...["--node-command", command, "--node-version", version],
      ],
    });
  }

  const frameworks = async () => (await master.state()).frameworks;
  const completedTasks = async () => (await frameworks()).flatMap(({ completed_tasks }) => completed_tasks);
  /** Nodes that run and have joined. */
  async function nodeTasks(): Promise<readonly TaskState[]> {
    const joined = new Set(((await readNodes(dispatcher.url)).nodes as readonly { readonly task?: string }[]).map(({ task }) => task));
    return (await frameworks()).flatMap(({ tasks }) => tasks).filter(({ id, state }) => state === "TASK_RUNNING" && joined.has(id));
  }
  /** Waits until there is exactly one node, on one of these agents; returns the agent. */
  async function nodeOn(...which: readonly MesosAgent[]): Promise<MesosAgent> {
    let found: MesosAgent | undefined;
    await until(
      async () => {
        const all = (await frameworks()).flatMap(({ tasks }) => tasks);
        const [task] = await nodeTasks();
        found = all.length === 1 ? which.find(({ id }) => id === task?.slave_id) : undefined;
        return found !== undefined;
      },
      `one node on ${which.map(hostnameOf).join(" or ")}`,
    );
    return found!;
  }
  const supply = async () => ((await readNodes(dispatcher.url)) as { readonly supply?: NodeSupply }).supply;
  const otherThan = (agent: MesosAgent) => agents.find((each) => each !== agent)!;
  const hostnameOf = (agent: MesosAgent) => (agent === agents[0] ? "agent-a" : "agent-b");
  const schedule = (windows: readonly object[]) =>
    master.operate({ type: "UPDATE_MAINTENANCE_SCHEDULE", update_maintenance_schedule: { schedule: { windows } } });
}

const inOneMinute = () => ({ nanoseconds: (Date.now() + 60_000) * 1_000_000 });

const timeOf = (statuses: TaskState["statuses"], wanted: string): number => statuses.find(({ state }) => state === wanted)!.timestamp;
