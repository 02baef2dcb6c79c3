/**
 * Two nodes in a separate process that complete their claims without computing anything. Arguments: `HOSTS ROOT NAME`. JSON lines tell when they wait and,
 * often, what they have done. SIGUSR2 starts them, the next one pauses them, and so on; SIGTERM ends them.
 */
import process from "node:process";
import { createZooKeeperCoordinator } from "../../../coordination/zookeeper/coordinator.ts";
import { claimOne } from "../../contracts/claim-one.ts";

const claimsEach = 64;
/** Milliseconds. It is a small part of the time over which rates are taken. */
const betweenLines = 50;
const [hosts = "", root = "", name = ""] = process.argv.slice(2);
const ignore = () => {};
const log = { info: ignore, warn: ignore, error: (fields: object, message: string) => console.error(message, fields) };
const coordinator = await createZooKeeperCoordinator({ hosts, root, log });
const nodes = await Promise.all(
  [1, 2].map((which) => coordinator.join({ id: `${name} ${which}`, host: "localhost", threads: claimsEach, cacheLimit: 0 })),
);
/** Undefined while the nodes pause. */
let stop: AbortController | undefined;
const running = new Map<(typeof nodes)[number], number>();
let done = 0;
let peak = process.memoryUsage().rss;
const say = () => {
  peak = Math.max(peak, process.memoryUsage().rss);
  console.log(JSON.stringify({ done, rss: peak }));
};
process.on("SIGUSR2", () => {
  const next = stop ? undefined : new AbortController();
  stop?.abort();
  stop = next;
  if (next) for (const node of nodes) for (let index = 0; index < claimsEach; index++) void pull(node, next.signal);
});
const timer = setInterval(say, betweenLines);
process.on("SIGTERM", async () => {
  clearInterval(timer);
  stop?.abort();
  await Promise.all(nodes.map((node) => node.leave()));
  await coordinator.close();
  say();
});
say();

/** A node that computes reports that it is busy, so these do, too. */
async function pull(node: (typeof nodes)[number], signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      const claim = await claimOne(node, { signal });
      report(node, 1);
      try {
        if (await claim.complete()) done++;
      } finally {
        report(node, -1);
      }
    } catch (error) {
      if (!signal.aborted) console.error("a claim failed", error);
    }
  }
}

function report(node: (typeof nodes)[number], more: number): void {
  const count = (running.get(node) ?? 0) + more;
  running.set(node, count);
  node.report({ cacheBytes: 0, running: count, done, failed: 0 });
}
