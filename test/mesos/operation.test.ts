/** An agent of a real Mesos is to be taken away for maintenance. The master is behind a gateway that speaks HTTPS, and wants a principal. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { type MesosAgent, type MesosMaster, startAgent, startMaster, type TaskState } from "../servers/mesos/start-mesos.ts";
import { requireServer } from "../servers/require-server.ts";
import { type Cluster, type ClusterProcess, openCluster, readNodes, startClusterServers } from "../support/cluster.ts";
import { makeClusterDataset } from "../support/cluster-dataset.ts";
import { type Certificate, makeCertificate } from "../support/make-certificate.ts";
import { until } from "../support/until.ts";

const suite = "nodes on a Mesos that is operated";
const account = { principal: "femtoq", secret: "s3cret" };
const servers = requireServer(suite, await startClusterServers({ tick: 200 }));
const certificate = requireServer<Certificate>(suite, makeCertificate() ?? { missing: "no openssl to make a certificate with" });
const environment = { MESOS_ALLOCATION_INTERVAL: "100ms" };
const master = requireServer(suite, await startMaster({ credentials: [account], environment }));

if (servers && certificate && master) {
  const dataset = await makeClusterDataset();
  const directory = await mkdtemp(join(tmpdir(), "femtoq-operation-"));
  const gateway = await startGateway(master, certificate);
  let agents: readonly [MesosAgent, MesosAgent];
  let cluster: Cluster;
  let dispatcher: ClusterProcess;

  before(async () => {
    const start = (hostname: string) => startAgent({ master, environment: { MESOS_HOSTNAME: hostname } });
    agents = await Promise.all([start("agent-a"), start("agent-b")]);
    await writeFile(join(directory, "account"), JSON.stringify(account), { mode: 0o600 });
    await writeFile(join(directory, "ca.pem"), certificate.cert);
    cluster = await openCluster({ after: () => undefined }, servers, { args: dataset.args });
    [dispatcher] = await Promise.all([cluster.start("dispatch"), startKeeper()]);
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

  test("an agent that is to be taken away in a minute loses its node to another one", async () => {
    const leaving = await nodeOn(...agents);
    await schedule([{ machine_ids: [{ hostname: hostnameOf(leaving), ip: "127.0.0.1" }], unavailability: { start: inOneMinute() } }]);
    await nodeOn(otherThan(leaving));
    await schedule([]);
  });

  function startKeeper(): Promise<ClusterProcess> {
    return cluster.start("mesos", {
      args: [
        ...["--mesos", gateway.url, "--mesos-ca", join(directory, "ca.pem"), "--mesos-credentials", join(directory, "account")],
        ...["--nodes", "1..1", "--node-cpus", "1", "--node-mem", "512", "--node-grace", "1s"],
      ],
    });
  }

  const frameworks = async () => (await master.state()).frameworks;
  /** Nodes that run and have joined. */
  async function nodeTasks(): Promise<readonly TaskState[]> {
    const joined = new Set(((await readNodes(dispatcher.url)).nodes as readonly { readonly task?: string }[]).map(({ task }) => task));
    return (await frameworks()).flatMap(({ tasks }) => tasks).filter(({ id, state }) => state === "TASK_RUNNING" && joined.has(id));
  }
  /** Waits until there is one node in all, on one of these agents. Gives the agent. */
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
  const otherThan = (agent: MesosAgent) => agents.find((each) => each !== agent)!;
  const hostnameOf = (agent: MesosAgent) => (agent === agents[0] ? "agent-a" : "agent-b");
  const schedule = (windows: readonly object[]) =>
    master.operate({ type: "UPDATE_MAINTENANCE_SCHEDULE", update_maintenance_schedule: { schedule: { windows } } });
}

const inOneMinute = () => ({ nanoseconds: (Date.now() + 60_000) * 1_000_000 });

/** Speaks HTTPS, and passes on to the master what it is told. */
async function startGateway({ port }: MesosMaster, certificate: Certificate): Promise<{ readonly url: string; stop(): Promise<void> }> {
  const server = createServer(certificate, (incoming, outgoing) => {
    const { method, url, headers } = incoming;
    const forwarded = request({ host: "127.0.0.1", port, path: url, method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode!, answer.headers);
      outgoing.flushHeaders();
      answer.pipe(outgoing);
    });
    forwarded.on("error", () => outgoing.destroy());
    outgoing.on("close", () => forwarded.destroy());
    incoming.pipe(forwarded);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `https://localhost:${(server.address() as AddressInfo).port}`,
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
