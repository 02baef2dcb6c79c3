/**
 * Measures one query with very many subtasks through the coordinator: how fast it is queued, claimed and completed, how much memory it takes, and what it
 * leaves behind.
 */
import process from "node:process";
import type { Subtask } from "../../../coordination/coordinator.ts";
import { createZooKeeperCoordinator } from "../../../coordination/zookeeper/coordinator.ts";
import { Connection } from "../../../coordination/zookeeper/protocol/connection.ts";
import { type RunningScript, runScript } from "../../contracts/run-script.ts";
import { makeSubtasks } from "../../contracts/subtasks.ts";
import { silent } from "../../runtime/silent-log.ts";
import { timed } from "../../support/timing.ts";
import type { Figure } from "./figures.ts";
import type { RawServers } from "./raw-servers.ts";

export interface LargeQueryOptions {
  readonly hosts: string;
  readonly raw: RawServers;
  readonly subtasks: number;
  readonly onStep: (step: string, share?: number) => void;
}

const root = "/large";
const processes = 2;
const rawClaims = 20_000;
/** Rates are measured over at least this many seconds. */
const window = 2;
/** A query with this many subtasks precedes the measured one, so that the processes have warmed up. */
const warmUp = 10_000;
/** In milliseconds. */
const betweenSamples = 50;
const longestClear = 10_000;
const megabyte = 1e6;

interface Sample {
  readonly at: number;
  readonly done: number;
}

export async function measureLargeQuery({ hosts, raw, subtasks: count, onStep }: LargeQueryOptions): Promise<readonly Figure[]> {
  const subtasks = makeSubtasks(count, "p".repeat(64));
  onStep("raw claims");
  const rawBefore = await raw.claims(rawClaims);
  const nodes = Array.from({ length: processes }, (_, index) =>
    runScript(new URL("./pull-claims.ts", import.meta.url), { parameters: [hosts, root, `process ${index}`] }),
  );
  const dispatcher = await createZooKeeperCoordinator({ hosts, root, log: silent });
  const stop = new AbortController();
  try {
    await Promise.all(nodes.map((node) => node.reached(1)));
    const signalAll = () => nodes.map((node) => process.kill(node.process.pid!, "SIGUSR2"));
    const countDone = () => nodes.reduce((sum, node) => sum + readLast(node).done, 0);
    onStep("warming up");
    const first = await queue(dispatcher, makeSubtasks(warmUp, "w".repeat(64)), { queryId: "warm-up", signal: stop.signal });
    signalAll();
    await first.allDone;
    while (countDone() < warmUp) await new Promise((resolve) => setTimeout(resolve, betweenSamples));
    signalAll();
    onStep(`queueing ${count} subtasks`);
    const memory = watchMemory();
    const queued = await queue(dispatcher, subtasks, { queryId: "large", signal: stop.signal });
    onStep("claiming");
    const started = performance.now();
    const samples: Sample[] = [{ at: started, done: 0 }];
    signalAll();
    for (let done = 0; done < count; ) {
      await new Promise((resolve) => setTimeout(resolve, betweenSamples));
      done = countDone() - warmUp;
      samples.push({ at: performance.now(), done });
      onStep("claiming", done / count);
    }
    const heard = await timed(() => queued.allDone);
    onStep("raw claims again");
    const left = await countLeft(hosts);
    const rawRate = (rawBefore + (await raw.claims(rawClaims))) / 2;
    const cycles = (1000 * count) / (samples.at(-1)!.at - started);
    const nodeMemory = Math.max(...nodes.map((node) => readLast(node).rss));
    return [
      { figure: "raw pipelined claims, mean of before and after", value: rawRate, unit: "1/s" },
      { figure: `${count} subtasks watched and looked for`, value: queued.watching / 1000, unit: "s" },
      { figure: `${count} subtasks queued`, value: queued.queueing / 1000, unit: "s", aim: { atMost: 5 } },
      {
        figure: "claimed and completed",
        value: cycles,
        unit: "1/s",
        relative: { value: cycles / rawRate, to: "raw claims" },
        aim: { atLeast: 0.5 },
      },
      {
        figure: `claimed and completed, slowest ${window} s`,
        value: slowest(samples),
        unit: "1/s",
        relative: { value: slowest(samples) / rawRate, to: "raw claims" },
        aim: { atLeast: 0.5 },
      },
      { figure: "dispatcher heard of the last, after its node", value: heard, unit: "ms" },
      { figure: "memory of the dispatcher, peak", value: memory.stop() / megabyte, unit: "MB", aim: { atMost: 600 } },
      { figure: "memory of a process with two nodes, peak", value: nodeMemory / megabyte, unit: "MB", aim: { atMost: 600 } },
      { figure: "znodes left", value: left, unit: "", aim: { atMost: 0 } },
    ];
  } finally {
    stop.abort();
    for (const node of nodes) node.process.kill("SIGTERM");
    for (const outcome of await Promise.all(nodes.map((node) => node.ended))) if (outcome.errors) process.stderr.write(outcome.errors);
    await dispatcher.close();
  }
}

/** Does as a dispatcher does: watches the subtasks, looks at their states, queues them. */
async function queue(
  dispatcher: Awaited<ReturnType<typeof createZooKeeperCoordinator>>,
  subtasks: readonly Subtask[],
  { queryId, signal }: { readonly queryId: string; readonly signal: AbortSignal },
) {
  const keys = subtasks.map(({ key }) => key);
  let left = keys.length;
  let resolve = () => {};
  const allDone = new Promise<void>((settle) => {
    resolve = settle;
  });
  const watching = await timed(async () => {
    dispatcher.watch(new Set(keys), ({ kind }) => kind === "done" && --left === 0 && resolve(), signal);
    await dispatcher.states(keys);
  });
  const queueing = await timed(() => dispatcher.enqueue({ queryId, client: "bench", priority: 500, subtasks }));
  return { watching, queueing, allDone };
}

function watchMemory(): { stop(): number } {
  let peak = process.memoryUsage().rss;
  const look = () => {
    peak = Math.max(peak, process.memoryUsage().rss);
  };
  const timer = setInterval(look, 100);
  return {
    stop() {
      clearInterval(timer);
      return peak;
    },
  };
}

function readLast(node: RunningScript): { readonly done: number; readonly rss: number } {
  if (node.process.exitCode !== null) throw new Error(`A process with nodes ended with code ${node.process.exitCode}`);
  return JSON.parse(node.lines.at(-1)!);
}

/** A rate in subtasks a second. */
function slowest(samples: readonly Sample[]): number {
  let least = Number.POSITIVE_INFINITY;
  for (const [index, from] of samples.entries()) {
    const to = samples.slice(index).find(({ at }) => at - from.at >= 1000 * window);
    if (to !== undefined) least = Math.min(least, (1000 * (to.done - from.done)) / (to.at - from.at));
  }
  return least;
}

/**
 * Counts the znodes below the folders of the root, except those of live nodes. Those of a query are cleared away a moment after its end.
 */
async function countLeft(hosts: string): Promise<number> {
  const connection = await Connection.open({ hosts, sessionTimeout: 10_000, startTimeout: 10_000, log: silent });
  const { session } = connection;
  const below = async (path: string): Promise<number> => {
    const names = (await session.list(path))?.children ?? [];
    const counts = await Promise.all(names.map((name) => below(`${path}/${name}`)));
    return counts.reduce((sum, count) => sum + count, names.length);
  };
  try {
    const shards = (await session.list(`${root}/subtasks`))?.children.map((shard) => `subtasks/${shard}`) ?? [];
    const folders = ["asks", "queries", "claims", "failed", "withdrawn", "locks", ...shards].map((folder) => `${root}/${folder}`);
    for (const end = performance.now() + longestClear; ; ) {
      const left = (await Promise.all(folders.map(below))).reduce((sum, count) => sum + count, 0);
      if (left === 0 || performance.now() > end) return left;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  } finally {
    await connection.close();
  }
}
