/**
 * Measures the coordinator on ZooKeeper against what the same server does raw, in the same run: `tsx test/coordination/zookeeper/measure.ts [SUBTASKS]`.
 * A JSON line for each figure.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { createZooKeeperCoordinator } from "../../../coordination/zookeeper/coordinator.ts";
import { Connection } from "../../../coordination/zookeeper/protocol/connection.ts";
import { create, createEphemeral, remove } from "../../../coordination/zookeeper/protocol/operations.ts";
import { claimOne, countsOf } from "../../contracts/claim-one.ts";
import { makeSubtasks } from "../../contracts/subtasks.ts";
import { startZooKeeper } from "../../servers/zookeeper-server.ts";

const count = Number(process.argv[2] ?? 100_000);
const directory = await mkdtemp(join(tmpdir(), "femtoq-measure-"));
const server = await startZooKeeper({ directory, tick: 500 });
if ("missing" in server) throw new Error(server.missing);
const ignore = () => {};
const log = { info: ignore, warn: ignore, error: (fields: object, message: string) => console.error(message, fields) };
const say = (name: string, figures: object) => console.log(JSON.stringify({ name, ...figures }));
const hosts = server.hosts;

async function timed<T>(work: () => Promise<T>): Promise<{ readonly seconds: number; readonly value: T }> {
  const start = performance.now();
  const value = await work();
  return { seconds: (performance.now() - start) / 1000, value };
}

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1]!;

const raw = await Connection.open({ hosts, sessionTimeout: 10_000, startTimeout: 10_000, log });
const { session } = raw;
await session.commit([create("/raw"), create("/raw/q"), create("/raw/c"), create("/raw/s")]);

async function measureCreates(): Promise<number> {
  const times: number[] = [];
  for (let index = 0; index < 300; index++)
    times.push((await timed(() => session.commit([create(`/raw/s/${Math.random()}`)]))).seconds * 1000);
  return median(times);
}

let rawClaims = 0;

async function measureRawClaims(claims: number): Promise<number> {
  const first = rawClaims;
  rawClaims += claims;
  for (let start = first; start < rawClaims; start += 500) {
    await session.commit(Array.from({ length: 500 }, (_, index) => create(`/raw/q/${start + index}`)));
  }
  const claim = (index: number) =>
    session.commit([remove(`/raw/q/${first + index}`), createEphemeral(`/raw/c/${first + index}`, Buffer.alloc(0))]);
  const { seconds } = await timed(() => Promise.all(Array.from({ length: claims }, (_, index) => claim(index))));
  return claims / seconds;
}

await measureCreates();
const createMs = await measureCreates();
say("sequential create, p50", { ms: createMs });
say("raw pipelined claim transactions", { perSecond: await measureRawClaims(20_000) });

const dispatcher = await createZooKeeperCoordinator({ hosts, log });
const nodes = await createZooKeeperCoordinator({ hosts, log });
const membership = await nodes.join({ id: "node", host: "localhost", threads: 1, cacheLimit: 0 });
const never = new AbortController();

const latencies: number[] = [];
for (let round = 0; round < 60; round++) {
  const [subtask] = makeSubtasks(1, `cold ${round}`);
  const over = new AbortController();
  const done = new Promise<void>((resolve) =>
    dispatcher.watch(new Set([subtask!.key]), ({ kind }) => kind === "done" && resolve(), over.signal),
  );
  const working = claimOne(membership, { signal: never.signal }).then((claim) => claim.complete());
  const start = performance.now();
  await dispatcher.enqueue({ queryId: `cold ${round}`, client: "alice", priority: 500, subtasks: [subtask!] });
  await done;
  if (round >= 10) latencies.push(performance.now() - start);
  await working;
  over.abort();
}
say("cold latency of one subtask, p50", { ms: median(latencies), creates: median(latencies) / createMs });

const subtasks = makeSubtasks(count, "p".repeat(64));
const { seconds } = await timed(() => dispatcher.enqueue({ queryId: "large", client: "alice", priority: 500, subtasks }));
say("queued", { subtasks: count, seconds });

const others = await Promise.all([1, 2].map((id) => nodes.join({ id: `more ${id}`, host: "localhost", threads: 1, cacheLimit: 0 })));
const most = Math.min(count >> 1, 20_000);
let claimed = 0;
const pull = async (member: typeof membership) => {
  while (claimed++ < most) await (await claimOne(member, { signal: never.signal })).complete();
};
await new Promise((resolve) => setTimeout(resolve, 1000));
const cycles = await timed(() => Promise.all([membership, ...others].flatMap((member) => Array.from({ length: 64 }, () => pull(member)))));
say("claimed and completed", { perSecond: most / cycles.seconds });

const claims: { release(): Promise<boolean>; complete(): Promise<boolean> }[] = [];
const held = Math.min(count - most, 10_000);
const only = await timed(async () => {
  claims.push(...(await Promise.all(Array.from({ length: held }, () => claimOne(membership, { signal: never.signal })))));
});
say("claimed only", { perSecond: held / only.seconds });
say("raw pipelined claim transactions, again", { perSecond: await measureRawClaims(20_000) });
say("memory", { rssMB: Math.round(process.memoryUsage().rss / 1e6), heapMB: Math.round(process.memoryUsage().heapUsed / 1e6) });
const withdrawing = await timed(() => dispatcher.withdraw("large", "alice"));
say("withdrawn", { subtasks: count - most, seconds: withdrawing.seconds });
await Promise.all(claims.map((claim) => claim.release()));
say("counts at the end", await countsOf(dispatcher));
await nodes.close();
await dispatcher.close();
await raw.close();
await server.stop();
await rm(directory, { recursive: true, force: true });
