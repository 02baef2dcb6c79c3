/**
 * Performs one round: it asks queries one after another of a cluster whose compute nodes run on a real Mesos, which is disturbed meanwhile. Every answer must
 * equal that of an undisturbed process, to the last bit, and when nobody asks any more, no node may be left.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Status } from "../../../functions/api.ts";
import type { ReferenceServer } from "../../chaos/reference.ts";
import { type MesosAgent, type MesosMaster, startAgent, startMaster } from "../../servers/mesos/start-mesos.ts";
import { askCluster } from "../../support/ask-cluster.ts";
import { type Cluster, type ClusterProcess, type ClusterServers, openCluster, readNodes, readReasons } from "../../support/cluster.ts";
import { until } from "../../support/until.ts";
import { type Audit, auditLog } from "../fake/audit-log.ts";
import { findSandboxes, type Harm, inflict } from "./harms.ts";
import { startRecordingProxy } from "./recording-proxy.ts";

export interface QueryRound {
  /** The directory of the logs. */
  readonly directory: string;
  /** Differs from round to round, so that nothing is stored that is asked. */
  readonly number: number;
  readonly servers: ClusterServers;
  readonly reference: ReferenceServer;
  readonly harms: readonly Harm[];
  readonly random: () => number;
  readonly tell: (what: string) => void;
}

export interface QueryRoundReport {
  readonly seconds: number;
  readonly queries: number;
  /** Nodes that were launched. */
  readonly launched: number;
  readonly audit: Omit<Audit, "faults">;
  readonly faults: readonly string[];
}

/** In milliseconds. */
const session = 2_000;
/** Room for two nodes on each agent. */
const resources = "cpus:2;mem:1200;disk:1024";
const schedulers = 2;

export async function performQueryRound(round: QueryRound): Promise<QueryRoundReport> {
  const { directory, servers, reference, harms, random, tell } = round;
  await mkdir(directory, { recursive: true });
  const found = await startMaster({ pings: { seconds: 1, times: 2 }, environment: { MESOS_ALLOCATION_INTERVAL: "100ms" } });
  if ("missing" in found) throw new Error(`There is ${found.missing}`);
  const master: MesosMaster = found;
  const agents: MesosAgent[] = await Promise.all([0, 1, 2].map(() => startAgent({ master, resources })));
  const everyAgent = [...agents];
  const proxy = await startRecordingProxy(master.port, random);
  const args = ["--data", `events=${reference.data}`, "--partition-events", "1", "--threads", "1", "--memory", "64MiB"];
  const cluster = await openCluster({ after: () => undefined }, servers, { args: [...args, "--session-timeout", `${session}ms`] });
  const begun = performance.now();
  let logs = "";
  try {
    const dispatcher = await cluster.start("dispatch");
    const running = await Promise.all(Array.from({ length: schedulers }, () => startScheduler(cluster, proxy.address)));
    let isOver = false;
    const harming = (async () => {
      for (const harm of harms) {
        await delay(1_000 + random() * 2_000);
        tell(harm);
        await inflict(harm, { master, agents, killScheduler, freezeScheduler, replaceAgent }, random);
      }
    })().finally(() => {
      isOver = true;
    });
    const asked = askUntil(dispatcher, () => isOver);
    const [wrong] = await Promise.all([asked, harming]);
    await until(async () => (await readNodes(dispatcher.url)).nodes.length === 0, "an end of all nodes");
    await until(async () => (await master.state()).frameworks.every(({ tasks }) => tasks.length === 0), "an end of all tasks");
    await until(() => findSandboxes(everyAgent).length === 0, "an end of the tasks' processes");
    const leading = (await Promise.all(running.map(readReasons))).filter((reasons) => reasons.length === 0).length;
    const { faults, ...audit } = auditLog(proxy.log());
    const others = leading === 1 ? [] : [`${leading} of ${schedulers} schedulers lead`];
    return {
      seconds: (performance.now() - begun) / 1000,
      queries: wrong.length,
      launched: countLaunched(proxy.log()),
      audit,
      faults: [...wrong.flatMap((fault) => fault ?? []), ...others, ...faults],
    };

    async function killScheduler(): Promise<void> {
      const index = await findLeading();
      await end(running[index]!);
      running[index] = await startScheduler(cluster, proxy.address);
    }

    async function freezeScheduler(): Promise<void> {
      const frozen = running[await findLeading()]!;
      frozen.kill("SIGSTOP");
      await delay(session + 1_500);
      frozen.kill("SIGCONT");
    }

    async function findLeading(): Promise<number> {
      const reasons = await Promise.all(running.map((each) => readReasons(each).catch(() => ["it does not answer"])));
      return Math.max(
        0,
        reasons.findIndex((each) => each.length === 0),
      );
    }
  } finally {
    await Promise.all([...cluster.processes].map(end));
    await writeFile(join(directory, "cluster.log"), logs);
    await proxy.stop();
    await Promise.all([master, ...agents].map((each) => each.stop()));
  }

  async function end(running: ClusterProcess): Promise<void> {
    await cluster.kill(running);
    logs += running.stderr;
  }

  async function replaceAgent(lost: MesosAgent): Promise<void> {
    const next = await startAgent({ master, resources });
    everyAgent.push(next);
    agents[agents.indexOf(lost)] = next;
  }

  /** Returns for each query what is wrong with its answer. */
  async function askUntil(dispatcher: ClusterProcess, isOver: () => boolean): Promise<readonly (string | undefined)[]> {
    const wrong: (string | undefined)[] = [];
    while (!isOver()) {
      const body = describeQuery(round.number, wrong.length);
      const expected = await reference.answer({ at: 0, client: "chaos", body });
      const status = await askCluster(body, { urls: () => [dispatcher.url], patience: 300, client: "chaos" });
      wrong.push(compare(status, expected.status));
      round.tell(`query ${wrong.length - 1} is ${status.state}`);
    }
    return wrong;
  }
}

const startScheduler = (cluster: Cluster, mesos: string): Promise<ClusterProcess> =>
  cluster.start("mesos", {
    args: [
      ...["--mesos", mesos, "--nodes", "0..2", "--node-cpus", "1", "--node-mem", "512", "--node-idle", "3s", "--node-grace", "1s"],
      ...["--log-level", "info"],
    ],
  });

/** Compares the parts of two answers that must be equal, whoever computed them. */
function compare(status: Status, expected: Status): string | undefined {
  const partOf = ({ state, partitions, events, cutflow, failures, histograms, variations }: Status) =>
    JSON.stringify({ state, partitions, events, cutflow, failures, histograms, variations });
  const [got, wanted] = [partOf(status), partOf(expected)];
  return got === wanted ? undefined : `"${status.name}" is\n${got.slice(0, 2_000)}\nand should be\n${wanted.slice(0, 2_000)}`;
}

/** Sums of weights would show another order of adding; the variations make it long enough to be interrupted. */
const describeQuery = (round: number, index: number): object => ({
  dataset: "events",
  name: `round ${round}, query ${index}`,
  define: { good: "Muon.filter(m => m.pt > 10)" },
  filter: `MET.pt > ${(round * 100 + index) / 1024}`,
  histograms: {
    met: { axes: [{ type: "regular", bins: 40, lower: 0, upper: 200, value: "MET.pt" }] },
    mass: {
      axes: [{ type: "regular", bins: 60, lower: 0, upper: 120, value: "good.pairs().map((a, b) => (a + b).mass)" }],
      weight: "genWeight",
    },
  },
  variations: Object.fromEntries(
    Array.from({ length: 2 }, (_, shift) => [`up${shift}`, { define: { good: `Muon.filter(m => m.pt > ${11 + shift})` } }]),
  ),
});

const countLaunched = (log: ReturnType<Awaited<ReturnType<typeof startRecordingProxy>>["log"]>): number =>
  log.reduce((sum, entry) => {
    const operations = (entry.kind === "call" && entry.call.accept?.operations) || [];
    return operations.reduce(
      (all: number, { launch }: { readonly launch?: { readonly task_infos: readonly unknown[] } }) =>
        all + (launch?.task_infos.length ?? 0),
      sum,
    );
  }, 0);
