/** Combined transactions on a real server: which are sent together, and which are refused alone. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { type TestContext, test } from "node:test";
import { Combiner } from "../../../../coordination/zookeeper/protocol/combine.ts";
import { create } from "../../../../coordination/zookeeper/protocol/operations.ts";
import { findServer, openConnection } from "../zookeeper-for-tests.ts";

const suite = "bundles of transactions on ZooKeeper";
const server = await findServer(suite);

async function open(t: TestContext) {
  const { session } = await openConnection(t, server!.hosts);
  const path = `/bundles-${randomUUID()}`;
  await session.commit([create(path)]);
  const sizes: number[] = [];
  const commit = session.commit.bind(session);
  session.commit = (operations) => {
    sizes.push(operations.length);
    return commit(operations);
  };
  return { session, path, sizes, combiner: new Combiner(session) };
}

if (server) {
  test(`${suite}: what is asked for in one turn goes together, and one part that is refused takes no other down`, async (t) => {
    const { session, path, sizes, combiner } = await open(t);
    await session.commit([create(`${path}/3`)]);
    const outcomes = await Promise.allSettled(Array.from({ length: 8 }, (_, index) => combiner.commit([create(`${path}/${index}`)])));
    assert.deepEqual(
      outcomes.map(({ status }) => status),
      [3, 3, 3, 0, 3, 3, 3, 3].map((kind) => (kind === 0 ? "rejected" : "fulfilled")),
    );
    assert.equal((await session.list(path))!.children.length, 8);
    assert.deepEqual(sizes, [1, 8, 7]);
  });

  test(`${suite}: a bundle that is refused wholly takes three turns, not one for each part`, async (t) => {
    const { session, path, sizes, combiner } = await open(t);
    const all = Array.from({ length: 20 }, (_, index) => `${path}/${index}`);
    await session.commit(all.map((each) => create(each)));
    const outcomes = await Promise.allSettled(all.map((each) => combiner.commit([create(each)])));
    assert(outcomes.every(({ status }) => status === "rejected"));
    assert.deepEqual(sizes, [20, 20, 19, ...Array(18).fill(1)]);
  });

  test(`${suite}: a bundle that is too large for a transaction goes in several`, async (t) => {
    const { session, path, sizes, combiner } = await open(t);
    await Promise.all(Array.from({ length: 4 }, (_, index) => combiner.commit([create(`${path}/${index}`, Buffer.alloc(300_000))])));
    assert.equal((await session.list(path))!.children.length, 4);
    assert.deepEqual(sizes, [1, 1, 1, 1]);
  });
}
