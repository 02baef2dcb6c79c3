import assert from "node:assert/strict";
import { after, test } from "node:test";
import { openZooKeeperRecord } from "../../../../runtime/mesos/record/zookeeper-record.ts";
import { requireServer } from "../../../servers/require-server.ts";
import { makeServerDirectory } from "../../../servers/server-directory.ts";
import { startZooKeeper } from "../../../servers/zookeeper-server.ts";
import { silent } from "../../silent-log.ts";
import { checkRecord, task } from "./check-record.ts";

/** Milliseconds: long enough that a busy machine does not lose it. */
const sessionTimeout = 30_000;
const server = requireServer(
  "A scheduler's record on ZooKeeper",
  await startZooKeeper({ directory: await makeServerDirectory(), tick: sessionTimeout / 20 }),
);
after(() => server?.stop());

if (server) {
  const open = (root: string, more: { readonly onWaiting?: (leader: string) => void; readonly signal?: AbortSignal } = {}) =>
    openZooKeeperRecord({ hosts: server.hosts, root, log: silent, sessionTimeout, signal: new AbortController().signal, ...more });

  test("ZooKeeper record: it keeps what was written, until it is cleared", () => checkRecord(() => open("/record/kept")));

  test("ZooKeeper record: one leads, a second waits and goes on from what the first wrote", async () => {
    const first = await open("/record/led");
    let opened: ReturnType<typeof open> | undefined;
    const leader = await new Promise<string>((resolve) => {
      opened = open("/record/led", { onWaiting: resolve });
    });
    assert.match(leader, new RegExp(`process ${process.pid}`));
    await first.write([
      { kind: "framework", frameworkId: "f" },
      { kind: "put", task: task("1") },
    ]);
    await first.close();
    const second = await opened!;
    assert.deepEqual([second.frameworkId, second.tasks], ["f", [task("1")]]);
    await second.close();
  });

  test("ZooKeeper record: the wait for leadership can be ended", async () => {
    const first = await open("/record/ended");
    const waiting = new AbortController();
    const second = open("/record/ended", { signal: waiting.signal, onWaiting: () => waiting.abort(new Error("enough")) });
    await assert.rejects(second, /enough/);
    await first.close();
  });

  test("ZooKeeper record: a leader that was replaced without knowing it writes nothing more", async () => {
    const first = await open("/record/replaced");
    const { Connection } = await import("../../../../coordination/zookeeper/protocol/connection.ts");
    const { remove } = await import("../../../../coordination/zookeeper/protocol/operations.ts");
    const other = await Connection.open({ hosts: server.hosts, sessionTimeout, startTimeout: sessionTimeout, log: silent });
    await other.session.commit([remove("/record/replaced/leader")]);
    const second = await open("/record/replaced");
    await assert.rejects(first.write([{ kind: "put", task: task("late") }]));
    assert(first.lost.aborted);
    await Promise.all([first.close(), second.close(), other.close()]);
    const third = await open("/record/replaced");
    assert.deepEqual(third.tasks, []);
    await third.close();
  });
}
