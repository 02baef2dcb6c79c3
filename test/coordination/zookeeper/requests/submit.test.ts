import assert from "node:assert/strict";
import { test } from "node:test";
import { create, type Operation, remove } from "../../../../coordination/zookeeper/protocol/operations.ts";
import { clearQueries } from "../../../../coordination/zookeeper/requests/clear-queries.ts";
import { splitRequest, submit } from "../../../../coordination/zookeeper/requests/submit.ts";
import { WatchedSubtasks } from "../../../../coordination/zookeeper/watching/watched-subtasks.ts";
import { encodeSubtaskBody } from "../../../../coordination/zookeeper/znodes/encoding.ts";
import { failedName, hashName, type Layout, subtaskPath } from "../../../../coordination/zookeeper/znodes/layout.ts";
import { openRoot } from "../../../../coordination/zookeeper/znodes/open-root.ts";
import { Segments } from "../../../../coordination/zookeeper/znodes/segments.ts";
import { ask } from "../../../contracts/coordinator/harness.ts";
import { makeSubtasks } from "../../../contracts/subtasks.ts";
import { findServer, makeZooKeeper, openConnection } from "../zookeeper-for-tests.ts";

const suite = "submitting to ZooKeeper";
const server = await findServer(suite);

function makeFailed(layout: Layout, hash: string): readonly Operation[] {
  const failed = failedName(hash, Date.now());
  const body = encodeSubtaskBody({ attempts: { errors: 3, lost: 0, causes: ["an error"] }, failed });
  return [create(subtaskPath(layout, hash), body), create(`${layout.failed}/${failed}`)];
}

if (server) {
  test(`${suite}: a retry of several transactions retries all, though the query is done and cleared away between them`, async (t) => {
    const connection = await openConnection(t, server.hosts);
    const { session, chroot } = connection;
    const layout = await openRoot(session, { chroot, root: "/retry" });
    const zookeeper = makeZooKeeper(connection, layout);
    const other = makeZooKeeper(await openConnection(t, server.hosts), layout);
    const segments = new Segments();
    const watched = new WatchedSubtasks({ onError: zookeeper.onError, onShard: () => undefined, onThere: () => undefined });
    const request = ask(makeSubtasks(4000));
    const { parts } = await splitRequest(request.subtasks);
    for (const part of parts) await session.commit(part.flatMap(({ hash }) => makeFailed(layout, hash)));

    const isFailed = async () => new Set((await session.list(layout.failed))!.children.map((name) => name.slice(name.indexOf(".") + 1)));
    let commits = 0;
    let clearing = Promise.resolve();
    /** The retried subtask is completed immediately, and with it the query. */
    const finish = async () => {
      const failed = await isFailed();
      const present = (await Promise.all(layout.shards.map((shard) => session.list(shard)))).flatMap((listing) => listing!.children);
      const waiting = present.filter((hash) => !failed.has(hash));
      await other.session.commit(waiting.map((hash) => remove(subtaskPath(layout, hash))));
      await clearQueries({ zookeeper: other, segments }, [hashName(request.queryId)]);
    };
    const commit = session.commit.bind(session);
    session.commit = async (operations) => {
      const committed = await commit(operations);
      if (++commits === 1 || commits === 4) clearing = clearing.then(finish);
      await clearing;
      return committed;
    };
    const counted = await submit({ zookeeper, request, segments, watched, isRetry: true, isNew: false }, parts);
    assert.equal((await isFailed()).size, 0);
    assert.deepEqual(counted, { queued: 4000, joined: 0 });
    await finish();
    assert.deepEqual((await session.list(layout.queries))?.children, []);
    assert.deepEqual((await session.list(layout.interest))?.children, []);
  });
}
