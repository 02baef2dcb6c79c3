/** What happens to a cluster in a round, each at its moment. */
import { readdirSync, readFileSync } from "node:fs";
import process from "node:process";
import { setTimeout as delay } from "node:timers/promises";
import type { MesosAgent, MesosMaster } from "../../servers/mesos/start-mesos.ts";

export const harms = ["kill master", "kill agent", "kill scheduler", "kill executor", "freeze agent", "lose agent"] as const;
export type Harm = (typeof harms)[number];

export interface HarmedCluster {
  readonly master: MesosMaster;
  readonly agents: readonly MesosAgent[];
  killScheduler(): Promise<void>;
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
    case "kill executor":
      return killExecutor(agent.directory, random);
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

/** Ends all of a task's processes, as the end of its container does: the executor last, so that the agent hears of it when all is over. */
function killExecutor(directory: string, random: () => number): void {
  const bySandbox = new Map<string, number[]>();
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    const sandbox = /(?:^|\0)MESOS_SANDBOX=([^\0]*)/.exec(readEnvironment(pid))?.[1];
    if (sandbox?.includes(directory)) bySandbox.set(sandbox, [...(bySandbox.get(sandbox) ?? []), Number(pid)]);
  }
  const chosen = [...bySandbox.values()][Math.floor(random() * bySandbox.size)];
  for (const pid of chosen?.toSorted((a, b) => b - a) ?? []) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // It ended by itself.
    }
  }
}

function readEnvironment(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/environ`, "latin1");
  } catch {
    return "";
  }
}
