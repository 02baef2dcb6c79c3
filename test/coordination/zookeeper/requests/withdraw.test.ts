import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import type { SubtaskRequest } from "../../../../coordination/coordinator.ts";
import { isRefused } from "../../../../coordination/zookeeper/protocol/zookeeper-error.ts";
import { splitRequest, submit } from "../../../../coordination/zookeeper/requests/submit.ts";
import { withdrawInterest } from "../../../../coordination/zookeeper/requests/withdraw.ts";
import { WatchedSubtasks } from "../../../../coordination/zookeeper/watching/watched-subtasks.ts";
import { guardPath, hashName, subtaskPath } from "../../../../coordination/zookeeper/znodes/layout.ts";
import { openRoot } from "../../../../coordination/zookeeper/znodes/open-root.ts";
import { Segments } from "../../../../coordination/zookeeper/znodes/segments.ts";
import { ask } from "../../../contracts/coordinator/harness.ts";
import { makeSubtasks } from "../../../contracts/subtasks.ts";
import { findServer, makeZooKeeper, openConnection } from "../zookeeper-for-tests.ts";

const suite = "withdrawing from ZooKeeper";
const server = await findServer(suite);

async function openProcess(t: TestContext, hosts: string, root: string) {
  const connection = await openConnection(t, hosts);
  const layout = await openRoot(connection.session, { chroot: connection.chroot, root });
  const zookeeper = makeZooKeeper(connection, layout);
  const segments = new Segments();
  const watched = new WatchedSubtasks({ onError: zookeeper.onError, onShard: () => undefined, onThere: () => undefined });
  const enqueue = async (request: SubtaskRequest) => {
    const { parts } = await splitRequest(request.subtasks);
    return submit({ zookeeper, request, segments, watched, isRetry: false, isNew: true }, parts);
  };
  const withdraw = ({ queryId, client }: SubtaskRequest) =>
    withdrawInterest({ zookeeper, segments, watched, onWithdrawn: () => undefined }, hashName(queryId), hashName(client));
  return { session: connection.session, layout, enqueue, withdraw };
}

type Process = Awaited<ReturnType<typeof openProcess>>;

/** Has something happen just before each transaction of the process; counts those that were refused. */
function interrupt({ session }: Process, before: () => Promise<unknown>): { readonly refused: number } {
  const counted = { refused: 0 };
  const commit = session.commit.bind(session);
  session.commit = async (operations) => {
    await before();
    try {
      return await commit(operations);
    } catch (error) {
      if (isRefused(error, "bad-version")) counted.refused++;
      throw error;
    }
  };
  return counted;
}

if (server) {
  test(`${suite}: other people's queries, asked all the time, do not hold it up`, async (t) => {
    const ours = await openProcess(t, server.hosts, "/barrage");
    const other = await openProcess(t, server.hosts, "/barrage");
    const { layout } = ours;
    const request = ask(makeSubtasks(3));
    const guard = guardPath(layout, hashName(request.subtasks[0]!.programKey));
    const programs = Array.from({ length: 200 }, (_, index) => `program ${index}`);
    const others = programs.filter((program) => guardPath(layout, hashName(program)) !== guard).values();
    await ours.enqueue(request);
    const counted = interrupt(ours, () => {
      const programKey = others.next().value!;
      const subtasks = makeSubtasks(2, programKey);
      return other.enqueue({ ...ask(subtasks), queryId: programKey });
    });
    assert.equal(await ours.withdraw(request), 0);
    assert.equal(counted.refused, 0);
    for (const { key } of request.subtasks) assert.equal(await ours.session.exists(subtaskPath(layout, hashName(key))), undefined);
    assert.equal(await ours.session.exists(`${layout.queries}/${hashName(request.queryId)}`), undefined);
  });

  test(`${suite}: the last interest, the query and its subtasks go in one transaction; an interest before that goes alone`, async (t) => {
    const ours = await openProcess(t, server.hosts, "/once");
    const request = ask(makeSubtasks(3));
    await ours.enqueue(request);
    await ours.enqueue({ ...request, client: "another" });
    let commits = 0;
    interrupt(ours, async () => void commits++);
    assert.equal(await ours.withdraw(request), 1);
    assert.equal(commits, 1);
    assert.equal(await ours.withdraw({ ...request, client: "another" }), 0);
    assert.equal(commits, 2);
    for (const { key } of request.subtasks) assert.equal(await ours.session.exists(subtaskPath(ours.layout, hashName(key))), undefined);
    assert.deepEqual((await ours.session.list(ours.layout.interest))?.children, []);
  });

  test(`${suite}: what another query joins just before the removal stays`, async (t) => {
    const ours = await openProcess(t, server.hosts, "/joined");
    const other = await openProcess(t, server.hosts, "/joined");
    const { layout } = ours;
    const request = ask(makeSubtasks(3));
    const shared = request.subtasks.slice(0, 1);
    await ours.enqueue(request);
    let commits = 0;
    const counted = interrupt(ours, async () => {
      if (++commits === 1) assert.deepEqual(await other.enqueue({ ...ask(shared), queryId: "another" }), { queued: 0, joined: 1 });
    });
    assert.equal(await ours.withdraw(request), 0);
    assert.equal(counted.refused, 1);
    const there = await Promise.all(request.subtasks.map(({ key }) => ours.session.exists(subtaskPath(layout, hashName(key)))));
    assert.deepEqual(
      there.map((answer) => answer !== undefined),
      [true, false, false],
    );
  });

  test(`${suite}: a client that asks for the query again just before its removal keeps it`, async (t) => {
    const ours = await openProcess(t, server.hosts, "/again");
    const other = await openProcess(t, server.hosts, "/again");
    const { layout } = ours;
    const request = ask(makeSubtasks(3));
    await ours.enqueue(request);
    let commits = 0;
    interrupt(ours, async () => {
      if (++commits === 1) await other.enqueue({ ...request, client: "another" });
    });
    await ours.withdraw(request);
    for (const { key } of request.subtasks) assert.ok(await ours.session.exists(subtaskPath(layout, hashName(key))));
    assert.ok(await ours.session.exists(`${layout.queries}/${hashName(request.queryId)}`));
  });

  test(`${suite}: a client that asks for a large query again between two transactions of its removal gets all of it`, async (t) => {
    const ours = await openProcess(t, server.hosts, "/large");
    const other = await openProcess(t, server.hosts, "/large");
    const { layout } = ours;
    const request = ask(makeSubtasks(600));
    await ours.enqueue(request);
    let tellBegun = () => {};
    let tellAsked = () => {};
    const begun = new Promise<void>((resolve) => (tellBegun = resolve));
    const asked = new Promise<void>((resolve) => (tellAsked = resolve));
    let removals = 0;
    interrupt(ours, async () => {
      if (++removals !== 2) return;
      tellBegun();
      await asked;
    });
    // The other process's first transaction is refused, since the query exists. Before the next one, it has read what exists.
    let withdrawal: Promise<number> | undefined;
    let tries = 0;
    interrupt(other, async () => {
      if (++tries !== 2) return;
      withdrawal = ours.withdraw(request);
      await begun;
    });
    const { queued, joined } = await other.enqueue({ ...request, client: "another" });
    tellAsked();
    assert.equal(await withdrawal, 1);
    const there = await Promise.all(request.subtasks.map(({ key }) => ours.session.exists(subtaskPath(layout, hashName(key)))));
    assert.equal(there.filter((answer) => answer !== undefined).length, request.subtasks.length);
    assert.deepEqual({ queued, joined }, { queued: 250, joined: 350 });
  });
}
