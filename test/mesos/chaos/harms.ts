/** The disturbances of a cluster in a round, each at its moment. */
import { readdirSync, readFileSync } from "node:fs";
import process from "node:process";
import { setTimeout as delay } from "node:timers/promises";
import type { MesosAgent, MesosMaster } from "../../servers/mesos/start-mesos.ts";

export const harms = ["kill master", "kill agent", "kill scheduler", "kill executor", "freeze agent", "lose agent"] as const;
/** The further disturbances of a cluster whose scheduler keeps nodes: another process takes over, and nodes are processes below an executor. */
export const nodeHarms = [...harms, "freeze scheduler", "kill node"] as const;
export type Harm = (typeof nodeHarms)[number];

export interface HarmedCluster {
  readonly master: MesosMaster;
  readonly agents: readonly MesosAgent[];
  killScheduler(): Promise<void>;
  /** Stops it for longer than its session with ZooKeeper lasts. */
  freezeScheduler?(): Promise<void>;
  /** An agent in place of one that is gone for good. */
  replaceAgent(lost: MesosAgent): Promise<void>;
}

/** Longer than an agent may be silent, in milliseconds. */
const frozen = 3500;

export async function inflict(harm: Harm, cluster: HarmedCluster, random: () => number): Promise<void> {
  const agent = cluster.agents[Math.floor(random() * cluster.agents.length)]!;
  switch (harm) {
    case "kill master":
      await cluster.master.kill();
      await delay(500);
      return cluster.master.restart();
    case "kill agent":
      await agent.kill();
      await delay(300);
      return agent.restart();
    case "kill scheduler":
      return cluster.killScheduler();
    case "freeze scheduler":
      return cluster.freezeScheduler?.();
    case "kill executor":
      // The executor last, so that its agent hears of it when all is over.
      return killAll(pick(findSandboxes(cluster.agents), random)?.toSorted((a, b) => b - a) ?? []);
    case "kill node":
      return killAll(
        (pick(findSandboxes(cluster.agents), random) ?? []).filter((pid) => readProcess(pid, "cmdline").includes("/start.ts\0")),
      );
    case "freeze agent":
      agent.pause();
      await delay(frozen);
      agent.resume();
      return agent.register();
    case "lose agent":
      // The machine and its tasks end, and an operator says that it does not come back.
      await agent.stop();
      await cluster.master.operate({ type: "MARK_AGENT_GONE", mark_agent_gone: { agent_id: { value: agent.id } } });
      return cluster.replaceAgent(agent);
  }
}

/** The processes of each task that runs on these agents, in no order. */
export function findSandboxes(agents: HarmedCluster["agents"]): readonly (readonly number[])[] {
  const bySandbox = new Map<string, number[]>();
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const sandbox = /(?:^|\0)MESOS_SANDBOX=([^\0]*)/.exec(readProcess(Number(name), "environ"))?.[1];
    if (!sandbox || !agents.some(({ directory }) => sandbox.includes(directory))) continue;
    bySandbox.set(sandbox, [...(bySandbox.get(sandbox) ?? []), Number(name)]);
  }
  return [...bySandbox.values()];
}

const pick = <Value>(values: readonly Value[], random: () => number): Value | undefined => values[Math.floor(random() * values.length)];

function killAll(pids: readonly number[]): void {
  for (const pid of pids) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // It ended by itself.
    }
  }
}

function readProcess(pid: number, what: "environ" | "cmdline"): string {
  try {
    return readFileSync(`/proc/${pid}/${what}`, "latin1");
  } catch {
    return "";
  }
}
