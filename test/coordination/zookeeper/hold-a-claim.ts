/**
 * A node in a separate process. Arguments: `HOSTS ROOT SESSION_TIMEOUT`. It claims one subtask, says so, and tries to complete it when it continues after a
 * stop.
 */
import process from "node:process";
import { createZooKeeperCoordinator } from "../../../coordination/zookeeper/coordinator.ts";
import { claimOne } from "../../contracts/claim-one.ts";

const [hosts = "", root = "", sessionTimeout = "0"] = process.argv.slice(2);
const ignore = () => {};
const log = { info: ignore, warn: ignore, error: ignore };
const coordinator = await createZooKeeperCoordinator({ hosts, root, log, sessionTimeout: Number(sessionTimeout) });
const node = await coordinator.join({ id: "zombie", host: "localhost", threads: 1, cacheLimit: 0 });
const claim = await claimOne(node, { signal: new AbortController().signal });
await claim.begin();
let last = Date.now();
console.log("claimed");
const timer = setInterval(() => {
  const gap = Date.now() - last;
  last = Date.now();
  if (gap < 1000) return;
  clearInterval(timer);
  void claim.complete().then(async (isCompleted) => {
    console.log(`completed ${isCompleted}, aborted ${claim.signal.aborted}`);
    // It has joined again by itself.
    const next = await claimOne(node, { signal: new AbortController().signal });
    console.log(`next ${next.subtask.partition} ${await next.complete()}`);
    await coordinator.close();
  });
}, 50);
