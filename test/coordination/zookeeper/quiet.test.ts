/** What coordinators do where there is nothing to do: nothing but pings. Counted at the server. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { type TestContext, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { createZooKeeperCoordinator } from "../../../coordination/zookeeper/coordinator.ts";
import { claimOne } from "../../contracts/claim-one.ts";
import { ask, drain, joinAs } from "../../contracts/coordinator/harness.ts";
import { keysOf, listen, makeSubtasks } from "../../contracts/subtasks.ts";
import { until } from "../../support/until.ts";
import { askServer, findServer, listBelow, openConnection, silent } from "./zookeeper-for-tests.ts";

const suite = "coordinators on ZooKeeper without work";
const server = await findServer(suite);
const sessionTimeout = 1200;
/** The client pings a quiet server this often. */
const betweenPings = sessionTimeout / 3;

async function readFigures(port: number): Promise<{ readonly zxid: string; readonly received: number; readonly connections: number }> {
  const said = await askServer(port, "srvr");
  const figure = (name: string) => new RegExp(`^${name}: (\\S+)$`, "m").exec(said)?.[1] ?? assert.fail(`no ${name} in ${said}`);
  return { zxid: figure("Zxid"), received: Number(figure("Received")), connections: Number(figure("Connections")) };
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
          rest.length <= (folder === "subtasks" || folder === "guards" ? 1 : 0) || folder === "nodes" || folder === "held",
      );
    });
    await watcher.close();
    // Figures of nodes are published once a second at most, and read by others.
    let before = await readFigures(server.port);
    await until(async () => {
      const { zxid } = before;
      await delay(1_200);
      before = await readFigures(server.port);
      return before.zxid === zxid;
    });
    const start = performance.now();
    await delay(2_500);
    const after = await readFigures(server.port);
    const passed = performance.now() - start;
    assert.equal(after.zxid, before.zxid, "nothing was written");
    assert.equal(before.connections - 1, 5);
    const pings = 5 * (Math.ceil(passed / betweenPings) + 1);
    // Two of them are these questions.
    assert(after.received - before.received <= pings + 2, `${after.received - before.received} requests, ${pings} pings at most`);
    stop.abort();
    await Promise.all(waiting);
  });
}
