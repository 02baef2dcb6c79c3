/** Unsuitable servers, addresses, roots and owners are refused, with a message that says why and what would be right. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { createServer as createHttpServer } from "node:http";
import { createServer, type Server } from "node:net";
import { type TestContext, test } from "node:test";
import { createZooKeeperCoordinator, type ZooKeeperCoordinatorOptions } from "../../../coordination/zookeeper/coordinator.ts";
import { create, remove, set } from "../../../coordination/zookeeper/protocol/operations.ts";
import { createLayout, layoutVersion } from "../../../coordination/zookeeper/znodes/layout.ts";
import { countsOf } from "../../contracts/claim-one.ts";
import { ask, claimNext, drain, joinAs } from "../../contracts/coordinator/harness.ts";
import { makeSubtask, makeSubtasks } from "../../contracts/subtasks.ts";
import { until } from "../../support/until.ts";
import { findServer, listBelow, openConnection, sessionTimeout, silent } from "./zookeeper-for-tests.ts";

const suite = "setting up ZooKeeper";
const server = await findServer(suite);

async function open(t: TestContext, options: Partial<ZooKeeperCoordinatorOptions>) {
  const hosts = options.hosts ?? server!.hosts;
  const coordinator = await createZooKeeperCoordinator({ sessionTimeout, startTimeout: 3000, log: silent, ...options, hosts });
  t.after(() => coordinator.close());
  return coordinator;
}

async function listen(t: TestContext, other: Server): Promise<string> {
  await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
  t.after(() => other.close());
  return `127.0.0.1:${(other.address() as { readonly port: number }).port}`;
}

const newRoot = (): string => `/setup-${randomUUID()}`;

test(`${suite}: an address that is none is refused at once and shows what one looks like`, async (t) => {
  for (const hosts of ["", "a,,b", "host:port", "host:99999", "host:1//a", "host/a/../b", "http://host:2181", "[::1"]) {
    await assert.rejects(open(t, { hosts }), { name: "ZooKeeperSetupError", code: "bad-address", message: /looks like HOST:2181/ });
  }
});

test(`${suite}: a host that has no address, and a port where nothing listens, are named as unreachable for now`, async (t) => {
  const unreachable = (reason: RegExp) => ({ name: "ZooKeeperUnreachableError", message: reason });
  const nowhere = open(t, { hosts: "no-such-host.invalid:2181", startTimeout: 3000 });
  await assert.rejects(nowhere, unreachable(/no-such-host\.invalid:2181: .*(ENOTFOUND|EAI_AGAIN|lookup).*; check the address/));
  await assert.rejects(open(t, { hosts: "127.0.0.1:1", startTimeout: 3000 }), unreachable(/ECONNREFUSED/));
});

test(`${suite}: a port of something else is told apart: what it says, that it hangs up, or that it says nothing`, async (t) => {
  const warnings: unknown[] = [];
  const log = { ...silent, warn: (fields: object) => void warnings.push(fields) };
  const http = await listen(
    t,
    createHttpServer((_, response) => void response.end()),
  );
  const attempt = (hosts: string) => open(t, { hosts, startTimeout: 1000, log });
  await assert.rejects(attempt(http), { message: /does not speak ZooKeeper's protocol: it says "HTTP\/1\.1/ });
  assert.equal(warnings.length, 1, "one warning, however often it was tried");
  const greeting = await listen(
    t,
    createServer((socket) => void socket.end("SSH-2.0-OpenSSH_9.2p1\r\n")),
  );
  await assert.rejects(attempt(greeting), { message: /protocol: it says "SSH-2\.0/ });
  const closing = await listen(
    t,
    createServer((socket) => void socket.end()),
  );
  await assert.rejects(attempt(closing), { message: /takes connections, but ends them without an answer/ });
  const mute = await listen(
    t,
    createServer((socket) => void t.after(() => socket.destroy())),
  );
  await assert.rejects(attempt(mute), { message: /takes connections, but does not answer/ });
});

if (server) {
  test(`${suite}: a missing chroot, a root that is none, and an owner that is none are refused`, async (t) => {
    const hosts = `${server.hosts}/none/here`;
    await assert.rejects(open(t, { hosts }), { code: "no-chroot", message: /path \/none\/here .* no such znode; create it/ });
    for (const root of ["femtoq", "/", "/a//b", "/a/../b", ""]) await assert.rejects(open(t, { root }), { code: "bad-root" });
    for (const auth of ["femtoq", ":secret", "femtoq:"]) {
      await assert.rejects(open(t, { auth }), { code: "bad-auth", message: /NAME:PASSWORD/ });
    }
  });

  test(`${suite}: an alien root, an older and a newer layout are refused and left as they are`, async (t) => {
    const { session } = await openConnection(t, server.hosts);
    const bodies = ["something else", "", "null", "[]", '{"layout":"other","version":1}', '{"layout":"femtoq coordination","version":"1"}'];
    for (const body of bodies) {
      const root = newRoot();
      await session.commit([create(root, Buffer.from(body))]);
      await assert.rejects(open(t, { root }), { code: "alien-root", message: /something else .* is there; choose another root/ });
      assert.equal((await session.get(root))?.data.toString(), body);
      assert.deepEqual((await session.list(root))?.children, []);
    }
    for (const [version, which] of [
      [layoutVersion + 1, "a newer"],
      [layoutVersion - 1, "an older"],
    ] as const) {
      const root = newRoot();
      await session.commit([create(root, Buffer.from(JSON.stringify({ layout: "femtoq coordination", version })))]);
      await assert.rejects(open(t, { root }), {
        code: "other-layout",
        message: new RegExp(`version ${version}, of ${which} Femtoq, and this one knows version ${layoutVersion}; let one version use it`),
      });
      assert.deepEqual((await session.list(root))?.children, []);
    }
  });

  test(`${suite}: a chroot and a deep root hold everything, and folders that were removed are made again`, async (t) => {
    const { session } = await openConnection(t, server.hosts);
    const chroot = newRoot();
    await session.commit([create(chroot)]);
    const options = { hosts: `${server.hosts}${chroot}`, root: "/deep/root" };
    const first = await open(t, options);
    await first.enqueue(ask(makeSubtasks(1)));
    assert.equal((await session.list(`${chroot}/deep/root/interest`))?.children.length, 1);
    await drain(await joinAs(first, "node"), 1);
    await first.close();
    const { failed, withdrawn, locks, shards } = createLayout(`${chroot}/deep/root`);
    await session.commit([failed, withdrawn, locks, shards[7]!].map((path) => remove(path)));
    const second = await open(t, options);
    await second.enqueue(ask(makeSubtasks(300)));
    assert.deepEqual(await second.withdraw("query", "alice"), { interested: 0 });
    assert.deepEqual(await countsOf(second), { unowned: 0, owned: 0, failed: 0 });
  });

  test(`${suite}: with a password every znode is its owner's: another can neither read, list, change, add nor remove one`, async (t) => {
    const root = newRoot();
    const owner = await open(t, { root, auth: "femtoq:secret" });
    const worker = await open(t, { root, auth: "femtoq:secret" });
    const node = await joinAs(worker, "node");
    await owner.enqueue(ask([makeSubtask(0, "failing")], { queryId: "failing", priority: 1 }));
    assert.equal(await (await claimNext(node)).fail("hopeless", { permanent: true }), true);
    await owner.enqueue(ask(makeSubtasks(300, "withdrawn"), { queryId: "withdrawn" }));
    await owner.withdraw("withdrawn", "alice");
    await owner.enqueue(ask(makeSubtasks(3)));
    (await claimNext(node)).begin();
    const { session } = await openConnection(t, server.hosts, { auth: "femtoq:secret" });
    // The claim and its mark are there, and the first two queries are cleared away.
    await until(async () => {
      const counts = ["claims", "queries", "interest"].map(async (folder) => (await session.list(`${root}/${folder}`))!.children.length);
      return `${await Promise.all(counts)}` === "2,1,1";
    });
    const paths = [root, ...(await listBelow(session, root))];
    for (const folder of ["interest", "queries", "claims", "nodes", "held", "failed", "withdrawn"]) {
      assert(
        paths.some((path) => path.startsWith(`${root}/${folder}/`)),
        folder,
      );
    }
    for (const auth of [undefined, "femtoq:guess", "other:secret"]) {
      const { session: other } = await openConnection(t, server.hosts, auth === undefined ? {} : { auth });
      const refusals = paths.flatMap((path) => [
        other.get(path),
        other.list(path),
        other.commit([set(path, Buffer.from("x"))]),
        other.commit([create(`${path}/intruder`)]),
      ]);
      // Removal is its parent's to permit, and the root's parent is everybody's.
      refusals.push(...paths.slice(1).map((path) => other.commit([remove(path)])));
      for (const outcome of await Promise.allSettled(refusals)) {
        assert.equal(outcome.status, "rejected");
        assert.match(String((outcome as PromiseRejectedResult).reason), /no-auth .*--zookeeper-auth/);
      }
      await assert.rejects(open(t, { root, ...(auth !== undefined && { auth }) }), { code: "no-auth", message: /--zookeeper-auth/ });
    }
    assert.deepEqual([root, ...(await listBelow(session, root))].sort(), [...paths].sort());
  });

  test(`${suite}: a password does not close a root that was made open: it is refused, and says so`, async (t) => {
    const root = newRoot();
    await open(t, { root });
    await assert.rejects(open(t, { root, auth: "femtoq:secret" }), { code: "open-root", message: /open to everybody/ });
  });
}
