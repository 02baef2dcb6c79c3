import assert from "node:assert/strict";
import { test } from "node:test";
import type { Connection } from "../../../../coordination/zookeeper/protocol/connection.ts";
import { check, create, createEphemeral, createSequential, remove, set } from "../../../../coordination/zookeeper/protocol/operations.ts";
import type { SessionState } from "../../../../coordination/zookeeper/protocol/session.ts";
import { startZooKeeper } from "../../../servers/zookeeper-server.ts";
import { makeTemporaryDirectory } from "../../../storage/temporary-directory.ts";
import { findServer, openConnection, openProxy, tick } from "../zookeeper-for-tests.ts";

const suite = "connection with ZooKeeper";
const server = await findServer(suite);
const data = Buffer.from("text");

function reached(connection: Connection, state: SessionState): Promise<void> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`state is ${connection.session.state}, not ${state}`)), 8000);
    const look = () => {
      if (connection.session.state !== state) return;
      clearTimeout(late);
      stop();
      resolve();
    };
    const stop = connection.onChange(look);
    look();
  });
}

if (server) {
  test(`${suite}: nodes are created, read, changed, listed and removed in transactions`, async (t) => {
    const { session } = await openConnection(t, server.hosts);
    const { paths } = await session.commit([create("/a"), create("/a/b", data), createSequential("/a/s.")]);
    assert.deepEqual(paths, ["/a", "/a/b", "/a/s.0000000001"]);
    assert.equal((await session.get("/a/b"))?.data.toString(), "text");
    assert.equal((await session.get("/a"))?.data.length, 0);
    assert.equal(await session.get("/a/none"), undefined);
    assert.equal(await session.exists("/a/none"), undefined);
    assert.equal(await session.list("/none"), undefined);
    assert.deepEqual([...(await session.list("/a"))!.children].sort(), ["b", "s.0000000001"]);
    await session.commit([set("/a/b", Buffer.from("two"), 0)]);
    assert.equal((await session.get("/a/b"))?.stat.version, 1);
    await session.commit(["/a/b", "/a/s.0000000001", "/a"].map(remove));
    assert.equal(await session.exists("/a"), undefined);
  });

  test(`${suite}: a refused transaction changes nothing and says which operation and why; version 0 guards`, async (t) => {
    const { session } = await openConnection(t, server.hosts);
    await session.commit([create("/guard")]);
    await session.commit([set("/guard", data)]);
    for (const guarded of [check("/guard", 0), set("/guard", data, 0), { kind: "remove", path: "/guard", version: 0 } as const]) {
      await assert.rejects(session.commit([create("/guard/child"), guarded]), { code: "bad-version", index: 1, message: /\/guard / });
    }
    await assert.rejects(session.commit([check("/guard", 1), create("/guard/a"), create("/guard/a")]), { code: "node-exists", index: 2 });
    await assert.rejects(session.commit([remove("/none")]), { code: "no-node", index: 0 });
    assert.deepEqual((await session.list("/guard"))?.children, []);
    await session.commit([remove("/guard")]);
  });

  test(`${suite}: 20,000 calls at once are answered in their order, and watchers hear once`, async (t) => {
    // A server with a long tick, so that a busy machine does not end its sessions.
    const patient = await startZooKeeper({ directory: await makeTemporaryDirectory(t), tick: 1000 });
    if ("missing" in patient) return;
    t.after(() => patient.stop());
    const { session } = await openConnection(t, patient.hosts, { sessionTimeout: 20_000 });
    await session.commit([create("/many")]);
    let heard = 0;
    await session.list("/many", () => heard++);
    const orders = await Promise.all(Array.from({ length: 20_000 }, async () => (await session.exists("/many"))?.order));
    for (let index = 1; index < orders.length; index++) assert.equal(orders[index], orders[index - 1]! + 1);
    await session.commit([create("/many/a")]);
    await session.commit([remove("/many/a"), remove("/many")]);
    await session.exists("/many");
    assert.equal(heard, 1);
  });

  test(`${suite}: a silent server is noticed; what it had is in doubt, and the session goes on where it answers again`, async (t) => {
    const proxy = await openProxy(t, server.port);
    const connection = await openConnection(t, proxy.address, { sessionTimeout: 20 * tick });
    const { session } = connection;
    await session.commit([createEphemeral("/mine", data)]);
    proxy.silence();
    const asked = assert.rejects(session.exists("/mine"), { code: "connection-loss" });
    await reached(connection, "suspended");
    await asked;
    proxy.mend();
    proxy.cut();
    proxy.mend();
    assert.equal((await session.get("/mine"))?.data.toString(), "text");
    assert.equal(connection.session, session);
    await session.commit([remove("/mine")]);
  });

  test(`${suite}: a long silence loses the session, whatever the client thinks; the next one owns nothing of it`, async (t) => {
    const proxy = await openProxy(t, server.port);
    const connection = await openConnection(t, proxy.address, { sessionTimeout: 8 * tick });
    const { session, lost } = connection;
    await session.commit([createEphemeral("/owned", data)]);
    const sessions: string[] = [];
    connection.follow((next) => sessions.push(next.id));
    proxy.silence();
    const asked = assert.rejects(session.exists("/owned"), { code: /connection-loss|session-lost/ });
    await reached(connection, "lost");
    await asked;
    assert.equal(lost.aborted, true);
    await assert.rejects(session.commit([create("/late")]), { code: "session-lost" });
    proxy.cut();
    proxy.mend();
    const found = await connection.run((next) => next.exists("/late"));
    assert.equal(found, undefined);
    assert.equal(sessions.length, 2);
    assert.notEqual(sessions[0], sessions[1]);
    let owned = await connection.session.exists("/owned");
    for (let tries = 0; owned && tries < 100; tries++) {
      await new Promise((resolve) => setTimeout(resolve, tick / 2));
      owned = await connection.session.exists("/owned");
    }
    assert.equal(owned, undefined);
  });

  test(`${suite}: a reply that a lost connection cut off does not spoil the next connection`, async (t) => {
    const proxy = await openProxy(t, server.port);
    const connection = await openConnection(t, proxy.address);
    const { session } = connection;
    // A reply that takes several packets.
    await session.commit([create("/large", Buffer.alloc(900_000, 1))]);
    for (let round = 0; round < 5; round++) {
      const reading = session.get("/large").catch((error: unknown) => error);
      setTimeout(() => {
        proxy.cut();
        proxy.mend();
      }, round);
      await reading;
      assert.equal((await connection.run((next) => next.get("/large")))?.data.length, 900_000);
    }
    await connection.run((next) => next.commit([remove("/large")]));
  });

  test(`${suite}: a killed and restarted server is found again, with the session and what it owned`, async (t) => {
    const own = await startZooKeeper({ directory: await makeTemporaryDirectory(t), tick });
    if ("missing" in own) return;
    t.after(() => own.stop());
    const connection = await openConnection(t, own.hosts);
    await connection.session.commit([createEphemeral("/e", data)]);
    own.signal("SIGKILL");
    await reached(connection, "suspended");
    await own.restart();
    assert.equal((await connection.run((session) => session.get("/e")))?.data.toString(), "text");
  });

  test(`${suite}: close leaves no connection, also where it was cut; calls afterwards are refused`, async (t) => {
    const proxy = await openProxy(t, server.port);
    const clean = await openConnection(t, proxy.address);
    await clean.close();
    await assert.rejects(clean.connected(), /coordinator is closed/);
    const cut = await openConnection(t, proxy.address);
    const others = await Promise.all(Array.from({ length: 5 }, () => openConnection(t, proxy.address)));
    proxy.cut();
    await Promise.all([cut, ...others].map((connection) => reached(connection, "suspended")));
    await cut.close();
    proxy.mend();
    // When all others are connected again, it would be, too.
    await Promise.all(others.map((connection) => reached(connection, "connected")));
    assert.equal(proxy.connections, others.length);
  });

  test(`${suite}: what an owner with a password creates is closed to others`, async (t) => {
    const owner = await openConnection(t, server.hosts, { auth: "femtoq:secret" });
    await owner.session.commit([create("/private", data)]);
    assert.equal((await owner.session.get("/private"))?.data.toString(), "text");
    const wrong = await openConnection(t, server.hosts, { auth: "femtoq:guess" });
    await assert.rejects(wrong.session.get("/private"), { code: "no-auth", message: /--zookeeper-auth/ });
    await owner.session.commit([remove("/private")]);
  });
}
