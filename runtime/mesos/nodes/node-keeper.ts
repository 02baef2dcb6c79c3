/**
 * Keeps as many compute nodes on a Mesos cluster as the queue needs. Every second it looks, decides, and has the scheduler start and drain nodes. All
 * essential state is in the coordinator and the scheduler's record; what it keeps in memory (rates, crashes, which agent read what) may be lost.
 */
import { randomBytes } from "node:crypto";
import type { Log } from "../../../base/log.ts";
import { pause } from "../../../base/pause.ts";
import type { Coordinator, Demand, Node, NodeSupply } from "../../../coordination/coordinator.ts";
import type { Scheduler } from "../scheduler/scheduler.ts";
import type { Task } from "../scheduler/task.ts";
import { type Measures, measureWork, nothingMeasured } from "./measured-work.ts";
import { type NodeKind, nodeGroup, nodeTask } from "./node-task.ts";
import { type Crashes, describeCrashes, noCrashes, planNodes } from "./plan-nodes.ts";
import { decideNodes, type NodeNumbers, type Wanted } from "./wanted-nodes.ts";
import { noteBusy, rankAgents, type WarmAgents } from "./warm-agents.ts";

export interface KeeperOptions {
  readonly scheduler: Scheduler;
  readonly coordinator: Pick<Coordinator, "demand" | "nodes" | "publishSupply">;
  readonly kind: NodeKind;
  readonly numbers: NodeNumbers;
  readonly log: Log;
  /** The milliseconds between looks. */
  readonly every?: number;
}

export interface NodeKeeper {
  /** The state at the last look. */
  readonly supply: NodeSupply;
  /** Stops keeping nodes; running nodes continue. */
  stop(): Promise<void>;
}

const mostReasons = 5;

export function startNodeKeeper(options: KeeperOptions): NodeKeeper {
  const { scheduler, coordinator, kind, numbers, log, every = 1_000 } = options;
  const stopping = new AbortController();
  let measures: Measures = nothingMeasured;
  let wanted: Wanted | undefined = startingPoint();
  let crashes: Crashes = noCrashes;
  let warm: WarmAgents = new Map();
  let supply: NodeSupply = { wanted: numbers.least, there: 0, missing: [] };
  const running = keep();

  return {
    get supply() {
      return supply;
    },
    async stop() {
      stopping.abort();
      await running;
    },
  };

  async function keep(): Promise<void> {
    for (let lastReason = ""; !stopping.signal.aborted; ) {
      try {
        await look();
        lastReason = "";
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        if (reason !== lastReason) log.warn({ err: error }, "cannot see how many nodes are needed, or ask for them; trying again");
        lastReason = reason;
      }
      await pause(every, stopping.signal);
    }
  }

  async function look(): Promise<void> {
    const [demand, nodes] = await Promise.all([coordinator.demand(), coordinator.nodes()]);
    const now = Date.now();
    const tasks = ownTasks();
    const byTask = new Map(nodes.flatMap((node) => (node.task === undefined ? [] : [[node.task, node] as const])));
    const nodeOf = ({ placement }: Task) => placement && byTask.get(placement.taskId);
    measures = measureWork(measures, { at: now, demand, nodes });
    const own = new Set(tasks.map(nodeOf));
    const otherThreads = nodes.filter((node) => !own.has(node)).reduce((sum, { threads }) => sum + threads, 0);
    const before = wanted?.count;
    wanted = decideNodes(wanted, { ...measures.work, otherThreads }, { ...numbers, now });
    if (before !== wanted.count) log.info({ wanted: wanted.count, before, ...measures.work }, "another number of nodes is wanted");
    warm = noteBusy(warm, busyAgents(tasks, nodeOf), demand, now);
    await act(tasks, { demand, nodeOf, now, count: wanted.count });
    supply = describeSupply(wanted.count, nodeOf, now);
    await coordinator.publishSupply(supply);
  }

  async function act(
    tasks: readonly Task[],
    seen: {
      readonly demand: readonly Demand[];
      readonly nodeOf: (task: Task) => Node | undefined;
      readonly now: number;
      readonly count: number;
    },
  ): Promise<void> {
    const hasJoined = (task: Task) => seen.nodeOf(task) !== undefined;
    const steps = planNodes({ tasks, crashes, count: seen.count, kind, hasJoined, maintenanceOf: scheduler.maintenanceOf, now: seen.now });
    if (steps.crashes.count > crashes.count) log.warn({ cause: steps.crashes.cause, crashes: steps.crashes.count }, "a node crashed");
    crashes = steps.crashes;
    if (steps.forget.length > 0) await scheduler.forget(steps.forget);
    if (steps.drain.length > 0) {
      log.info({ nodes: steps.drain }, "draining nodes");
      await scheduler.unwant(steps.drain);
    }
    if (steps.start === 0) return;
    const choice = { avoided: steps.avoided, preferred: rankAgents(warm, seen.demand) };
    const fresh = Array.from({ length: steps.start }, () => nodeTask(kind, { ...choice, name: randomBytes(4).toString("hex") }));
    log.info({ nodes: fresh.map(({ id }) => id), avoided: steps.avoided, preferred: choice.preferred }, "starting nodes");
    await scheduler.want(fresh);
  }

  function describeSupply(count: number, nodeOf: (task: Task) => Node | undefined, now: number): NodeSupply {
    const tasks = ownTasks();
    const there = tasks.filter((task) => task.state === "running" && nodeOf(task) !== undefined).length;
    const waiting = tasks.flatMap(({ wanted }) => scheduler.whyPending(wanted.id) ?? []);
    const reasons = new Set([...describeCrashes(crashes, now), ...waiting]);
    return { wanted: count, there, missing: there < count ? [...reasons].slice(0, mostReasons) : [] };
  }

  function ownTasks(): readonly Task[] {
    return scheduler.tasks().filter(({ wanted }) => wanted.group === nodeGroup);
  }

  /** The number of nodes to begin with: those that an earlier process started stay until the need is known. */
  function startingPoint(): Wanted | undefined {
    const count = ownTasks().filter(({ state }) => state === "running" || state === "staging").length;
    const now = Date.now();
    return count === 0 ? undefined : { count, need: count, changedAt: now, busyAt: now, peaks: [] };
  }
}

const busyAgents = (tasks: readonly Task[], nodeOf: (task: Task) => Node | undefined): ReadonlySet<string> =>
  new Set(tasks.flatMap((task) => ((nodeOf(task)?.running ?? 0) > 0 ? [task.placement!.agentId] : [])));
