/** Coordinators without work send nothing but pings, as counted at the server. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { type TestContext, test } from "node:test";
import { createZooKeeperCoordinator } from "../../../coordination/zookeeper/coordinator.ts";
import { claimOne } from "../../contracts/claim-one.ts";
import { ask, drain, joinAs } from "../../contracts/coordinator/harness.ts";
import { keysOf, listen, makeSubtasks } from "../../contracts/subtasks.ts";
import { until } from "../../support/until.ts";
import { askServer, findServer, listBelow, openConnection, sessionTimeout, silent } from "./zookeeper-for-tests.ts";

const suite = "coordinators on ZooKeeper without work";
const server = await findServer(suite);
/** The client pings a quiet server this often. */
const betweenPings = sessionTimeout / 3;

async function readFigures(port: number): Promise<{ readonly zxid: string; readonly received: number; readonly connections: number }> {
  const said = await askServer(port, "srvr");
  const figure = (name: string) => new RegExp(`^${name}: (\\S+)$`, "m").exec(said)?.[1] ?? assert.fail(`no ${name} in ${said}`);
  return { zxid: figure("Zxid"), received: Number(figure("Received")), connections: Number(figure("Connections")) };
}

type Look = Awaited<ReturnType<typeof watchServer>>;

/**
 * Counts what the server receives until it has had that many requests, besides those that this function makes itself, and how many pings there may be in that
 * time.
 */
async function watchServer(port: number, { connections, most }: { readonly connections: number; readonly most: number }) {
  const before = await readFigures(port);
  const start = performance.now();
  let after = before;
  let asked = 0;
  const requests = () => after.received - before.received - asked;
  await until(async () => {
    after = await readFigures(port);
    asked++;
    return requests() >= most;
  });
  const pings = connections * (Math.ceil((performance.now() - start) / betweenPings) + 1);
  return { isUnchanged: after.zxid === before.zxid, requests: requests(), pings, connections: before.connections - 1 };
}

if (server) {
  test(`${suite}: two dispatchers and three nodes change nothing, ask nothing and leave nothing behind`, async (t: TestContext) => {
    const root = `/quiet-${randomUUID()}`;
    const open = async () => {
      const coordinator = await createZooKeeperCoordinator({ hosts: server.hosts, root, sessionTimeout, log: silent });
      t.after(() => coordinator.close());
      return coordinator;
    };
    const [one, two, ...workers] = await Promise.all([open(), open(), open(), open(), open()]);
    const subtasks = makeSubtasks(90);
    const heard = [one, two].map((coordinator) => listen(coordinator!, keysOf(subtasks)));
    const nodes = await Promise.all(workers.map((worker, index) => joinAs(worker, `node ${index}`)));
    await one!.enqueue(ask(subtasks));
    for (const { events } of heard) await until(() => events.length >= 90);
    await Promise.all(nodes.map((node) => drain(node, 30)));
    for (const node of nodes) node.report({ cacheBytes: 1, running: 0, done: 30, failed: 0 });
    // They wait for more.
    const stop = new AbortController();
    const waiting = nodes.map((node) => claimOne(node, { signal: stop.signal }).catch(() => undefined));
    for (const { events } of heard) await until(() => events.filter(({ kind }) => kind === "done").length === 90);
    const watcher = await openConnection(t, server.hosts);
    await until(async () => {
      const paths = (await listBelow(watcher.session, root)).map((path) => path.slice(root.length).split("/"));
      return paths.every(
        ([, folder, ...rest]) =>
          rest.length <= (folder === "subtasks" || folder === "guards" ? 1 : 0) || ["nodes", "news", "held"].includes(folder!),
      );
    });
    await watcher.close();
    // The last figures of nodes are published a while later, and shards are looked at later still: after that, nothing happens any more.
    await until(async () => {
      const looks: Look[] = [];
      for (let look = 0; look < 2; look++) looks.push(await watchServer(server.port, { connections: 5, most: 5 * 3 }));
      return looks.every(({ isUnchanged, requests, pings, connections }) => isUnchanged && requests <= pings && connections === 5);
    }, "a time in which nothing is written, and nothing asked but pings");
    stop.abort();
    await Promise.all(waiting);
  });

  test(`${suite}: how far whoever starts nodes is, is written again only where it changed, or by another process`, async (t) => {
    const root = `/quiet-${randomUUID()}`;
    const open = async () => {
      const coordinator = await createZooKeeperCoordinator({ hosts: server.hosts, root, sessionTimeout, log: silent });
      t.after(() => coordinator.close());
      return coordinator;
    };
    const [one, two] = await Promise.all([open(), open()]);
    const supply = { wanted: 3, there: 1, missing: ["no offer yet"] };
    await one.publishSupply(supply);
    const { zxid } = await readFigures(server.port);
    await one.publishSupply(supply);
    assert.equal((await readFigures(server.port)).zxid, zxid);
    await two.publishSupply(supply);
    await one.close();
    assert.deepEqual(await two.supply(), supply);
    await two.publishSupply({ ...supply, there: 2 });
    assert.deepEqual(await two.supply(), { ...supply, there: 2 });
  });
}
