/** The content of `epoch` about the last request saves a node two requests, and cannot mislead it. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { type TestContext, test } from "node:test";
import type { Subtask } from "../../../coordination/coordinator.ts";
import { createZooKeeperCoordinator } from "../../../coordination/zookeeper/coordinator.ts";
import { create, createSequential, type Operation, set } from "../../../coordination/zookeeper/protocol/operations.ts";
import { encodeLatest, encodeSegment, parseLatest } from "../../../coordination/zookeeper/znodes/encoding.ts";
import { createLayout, hashName, interestPrefix, segmentPrefix, subtaskPath } from "../../../coordination/zookeeper/znodes/layout.ts";
import { ask, claimNext, joinAs } from "../../contracts/coordinator/harness.ts";
import { makeSubtask, makeSubtasks } from "../../contracts/subtasks.ts";
import { findServer, openConnection, silent } from "./zookeeper-for-tests.ts";

const suite = "the last request on ZooKeeper";
const query = hashName("query");
const servers = [await findServer(`${suite} 3.9.4`, "3.9.4"), await findServer(`${suite} 3.4.14`, "3.4.14")];

test("encodeLatest and parseLatest keep a short segment and leave out a long one", () => {
  const subtasks = makeSubtasks(3);
  const latest = parseLatest(encodeLatest(query, encodeSegment(subtasks)));
  assert.deepEqual(latest?.segment.subtasks, subtasks);
  assert.equal(latest?.query, query);
  assert.equal(latest?.name, `${hashName("program")}.0000000000`);
  assert.equal(encodeLatest(query, encodeSegment(makeSubtasks(1_000))).length, 0);
  for (const text of ["", "{", "{}", '{"query":"q"}', '{"query":"q","segment":{}}', '{"query":1,"segment":{"subtasks":[]}}']) {
    assert.equal(parseLatest(Buffer.from(text)), undefined, text);
  }
});

for (const server of servers) {
  if (!server) continue;
  const { name } = server;

  const open = async (t: TestContext) => {
    const root = `/latest-${randomUUID()}`;
    const coordinator = await createZooKeeperCoordinator({ hosts: server.hosts, root, log: silent });
    t.after(() => coordinator.close());
    const { session } = await openConnection(t, server.hosts);
    return { coordinator, session, layout: createLayout(root), node: await joinAs(coordinator, "node") };
  };

  /** Writes a query with its segment, but without the content of `epoch`. */
  const request = (layout: ReturnType<typeof createLayout>, subtask: Subtask, segment: Buffer): readonly Operation[] => [
    create(`${layout.queries}/${query}`),
    createSequential(`${layout.interest}/${interestPrefix({ priority: 500, query, holder: hashName("alice") }, subtask.dataset)}`),
    create(subtaskPath(layout, hashName(subtask.key))),
    createSequential(`${layout.queries}/${query}/${segmentPrefix(hashName(subtask.programKey))}`, segment),
  ];

  test(`${suite}, ${name}: a new short query leaves its first segment in epoch; what follows leaves nothing`, async (t) => {
    const { coordinator, session, layout } = await open(t);
    await coordinator.enqueue(ask(makeSubtasks(2)));
    const content = await session.get(layout.epoch);
    const latest = parseLatest(content!.data);
    assert.deepEqual(latest?.segment.subtasks, makeSubtasks(2));
    const listing = await session.list(`${layout.queries}/${query}`);
    assert.deepEqual(listing?.children, [latest?.name]);
    assert.deepEqual(content?.stat.mzxid, listing?.stat.czxid);
    await coordinator.enqueue(ask(makeSubtasks(3)));
    assert.equal((await session.get(layout.epoch))?.data.length, 0);
  });

  test(`${suite}, ${name}: a node that waits claims by what epoch says, without reading the segment`, async (t) => {
    const { session, layout, node } = await open(t);
    const subtask = makeSubtask(1);
    const claiming = claimNext(node);
    const latest = set(layout.epoch, encodeLatest(query, encodeSegment([subtask])));
    await session.commit([...request(layout, subtask, Buffer.from("unreadable")), latest]);
    const claim = await claiming;
    assert.deepEqual(claim.subtask, subtask);
    assert.equal(await claim.complete(), true);
  });

  test(`${suite}, ${name}: what epoch says of an earlier query of the name does no harm`, async (t) => {
    const { session, layout, node } = await open(t);
    const subtask = makeSubtask(1);
    const claiming = claimNext(node);
    await session.commit([set(layout.epoch, encodeLatest(query, encodeSegment([makeSubtask(2)])))]);
    await session.commit(request(layout, subtask, encodeSegment([subtask])));
    const claim = await claiming;
    assert.deepEqual(claim.subtask, subtask);
    assert.equal(await claim.complete(), true);
  });
}
