import assert from "node:assert/strict";
import { test } from "node:test";
import { remove } from "../../../../coordination/zookeeper/protocol/operations.ts";
import { clearQueries } from "../../../../coordination/zookeeper/requests/clear-queries.ts";
import { splitRequest, submit } from "../../../../coordination/zookeeper/requests/submit.ts";
import { WatchedSubtasks } from "../../../../coordination/zookeeper/watching/watched-subtasks.ts";
import { hashName, shardCount, subtaskPath } from "../../../../coordination/zookeeper/znodes/layout.ts";
import { openRoot } from "../../../../coordination/zookeeper/znodes/open-root.ts";
import { Segments } from "../../../../coordination/zookeeper/znodes/segments.ts";
import { ask } from "../../../contracts/coordinator/harness.ts";
import { makeSubtasks } from "../../../contracts/subtasks.ts";
import { findServer, makeZooKeeper, openConnection } from "../zookeeper-for-tests.ts";

const suite = "clearing queries on ZooKeeper";
const server = await findServer(suite);

if (server) {
  test(`${suite}: a query of 400 subtasks that are done goes with few questions more than there are lists of subtasks`, async (t) => {
    const connection = await openConnection(t, server.hosts);
    const { session, chroot } = connection;
    const layout = await openRoot(session, { chroot, root: "/clear" });
    const zookeeper = makeZooKeeper(connection, layout);
    const segments = new Segments();
    const watched = new WatchedSubtasks({ onError: zookeeper.onError, onShard: () => undefined, onThere: () => undefined });
    const request = ask(makeSubtasks(400));
    const { parts } = await splitRequest(request.subtasks);
    await submit({ zookeeper, request, segments, watched, isRetry: false, isNew: true }, parts);
    await session.commit(parts.flat().map(({ hash }) => remove(subtaskPath(layout, hash))));

    let questions = 0;
    const { get, list } = session;
    session.get = (...asked) => {
      questions++;
      return get.apply(session, asked);
    };
    session.list = (...asked) => {
      questions++;
      return list.apply(session, asked);
    };
    await clearQueries({ zookeeper, segments }, [hashName(request.queryId)]);
    assert(questions < shardCount + 32, `${questions} questions`);
    assert.deepEqual((await session.list(layout.queries))?.children, []);
    assert.deepEqual((await session.list(layout.interest))?.children, []);
  });
}
