import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { type TestContext, test } from "node:test";
import { claimSubtask } from "../../../../coordination/zookeeper/claims/claim-subtask.ts";
import { SubtaskEntry } from "../../../../coordination/zookeeper/claims/entries.ts";
import { create, createEphemeral, remove } from "../../../../coordination/zookeeper/protocol/operations.ts";
import { claimPath, hashName, subtaskPath } from "../../../../coordination/zookeeper/znodes/layout.ts";
import { openRoot } from "../../../../coordination/zookeeper/znodes/open-root.ts";
import { makeSubtask } from "../../../contracts/subtasks.ts";
import { findServers, makeZooKeeper, openConnection, silent } from "../zookeeper-for-tests.ts";

const garbage = Buffer.from("garbage");

async function open(t: TestContext, hosts: string) {
  const connection = await openConnection(t, hosts);
  const { session, chroot } = connection;
  const layout = await openRoot(session, { chroot, root: `/claims-${randomUUID()}` });
  const subtask = makeSubtask(0);
  const entry = new SubtaskEntry(hashName(subtask.key), subtask, 0);
  const held = `${layout.held}/instance`;
  await session.commit([create(subtaskPath(layout, entry.hash)), create(held)]);
  const warned: unknown[] = [];
  const log = { ...silent, warn: ({ znode }: { readonly znode?: unknown }) => void warned.push(znode) };
  const zookeeper = makeZooKeeper(connection, layout, { log });
  const registration = { node: "node", instance: "instance", held, combiner: zookeeper.combiner };
  const attempt = () => claimSubtask(zookeeper, entry, { registration, beginsAtOnce: false });
  return { session, claim: claimPath(layout, entry.hash), attempt, warned };
}

for (const server of await findServers("claims on ZooKeeper", ["3.9.4", "3.4.14"])) {
  if (server) describeClaims(server.hosts, `claims on ${server.name}`);
}

function describeClaims(hosts: string, suite: string): void {
  test(`${suite}: claimSubtask removes what is no claim, for it is not ephemeral, and says so`, async (t) => {
    const { session, claim, attempt, warned } = await open(t, hosts);
    await session.commit([create(claim, garbage)]);
    assert.deepEqual(await attempt(), { kind: "again" });
    assert.deepEqual(warned, [claim]);
    assert.equal((await attempt()).kind, "claimed");
  });

  test(`${suite}: claimSubtask removes no claim that comes in the place of such a one just then`, async (t) => {
    const { session, claim, attempt, warned } = await open(t, hosts);
    const other = (await openConnection(t, hosts)).session;
    await session.commit([create(claim, garbage)]);
    const get = session.get.bind(session);
    session.get = async (path, watcher) => {
      const content = await get(path, watcher);
      await other.commit([remove(claim), createEphemeral(claim, garbage)]);
      return content;
    };
    assert.equal((await attempt()).kind, "aside");
    assert.equal((await get(claim))?.stat.ephemeralOwner.toString("hex"), other.id);
    assert.deepEqual(warned, []);
  });

  test(`${suite}: claimSubtask says what to do where such a one cannot be removed`, async (t) => {
    const { session, claim, attempt, warned } = await open(t, hosts);
    await session.commit([create(claim), create(`${claim}/child`)]);
    assert.equal((await attempt()).kind, "aside");
    assert.deepEqual(warned, [claim]);
  });
}
