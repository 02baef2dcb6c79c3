/** The protocol without our layout: paths that others own, as those of Mesos masters, and a record of one's own. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { type TestContext, test } from "node:test";
import type { Connection } from "../../../../coordination/zookeeper/protocol/connection.ts";
import { FollowedList, type FollowingSession } from "../../../../coordination/zookeeper/protocol/followed-list.ts";
import { create } from "../../../../coordination/zookeeper/protocol/operations.ts";
import { readRecord, writeRecord } from "../../../../coordination/zookeeper/protocol/record.ts";
import { until } from "../../../support/until.ts";
import { findServer, openConnection } from "../zookeeper-for-tests.ts";

const suite = "the protocol of ZooKeeper";
const server = await findServer(suite);

/** Registers as a Mesos master does. */
async function becomeMaster(t: TestContext, path: string, hostname: string): Promise<Connection> {
  const connection = await openConnection(t, server!.hosts);
  const info = { hostname, address: { ip: "127.0.0.1", port: 5050 } };
  const data = Buffer.from(JSON.stringify(info));
  await connection.session.commit([{ kind: "create", path: `${path}/json.info_`, data, mode: "ephemeral-sequential" }]);
  return connection;
}

if (server) {
  test(`${suite} follows a path that is not ours, and finds the leader among ephemeral sequential znodes, as Mesos masters elect it`, async (t) => {
    const { session, lost } = await openConnection(t, server.hosts);
    const path = `/mesos-${randomUUID()}`;
    await session.commit([create(path), create(`${path}/log_replicas`)]);
    const zookeeper: FollowingSession = { session, lost, followed: new Set(), onError: (error) => assert.fail(String(error)) };
    let leader: string | undefined;
    /** The smallest sequence leads; it may go between the list and the look at it, and then another list follows. */
    const findLeader = async (names: readonly string[]) => {
      const [first] = names.filter((name) => /^json\.info_\d{10}$/.test(name)).sort();
      const content = first === undefined ? undefined : await session.get(`${path}/${first}`);
      leader = content && JSON.parse(content.data.toString()).hostname;
    };
    void new FollowedList({ zookeeper, path, onList: (listing) => void findLeader(listing?.children ?? []) }).look();
    const one = await becomeMaster(t, path, "one");
    await until(() => leader === "one");
    const two = await becomeMaster(t, path, "two");
    const three = await becomeMaster(t, path, "three");
    await one.close();
    await until(() => leader === "two");
    await three.close();
    await two.close();
    await until(() => leader === undefined);
  });

  test(`${suite}: a record is changed by comparing and setting, and of two who change it at once one hears that it came second`, async (t) => {
    const [one, two] = await Promise.all([openConnection(t, server.hosts), openConnection(t, server.hosts)]);
    const path = `/record-${randomUUID()}`;
    assert.equal(await readRecord(one.session, path), undefined);
    const created = await Promise.all(
      [one, two].map(({ session }, index) => writeRecord(session, path, Buffer.from(`${index}`), undefined)),
    );
    assert.deepEqual([...created].sort(), [0, undefined]);
    const winner = created.indexOf(0);
    assert.deepEqual(await readRecord(two.session, path), { data: Buffer.from(`${winner}`), version: 0 });
    assert.equal(await writeRecord(two.session, path, Buffer.from("next"), 0), 1);
    assert.equal(await writeRecord(one.session, path, Buffer.from("late"), 0), undefined);
    assert.deepEqual(await readRecord(one.session, path), { data: Buffer.from("next"), version: 1 });
    await one.session.commit([{ kind: "remove", path }]);
    assert.equal(await writeRecord(one.session, path, Buffer.from("gone"), 1), undefined);
  });
}
