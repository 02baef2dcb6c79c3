/** Claims for clients of whom a node has none. */
import assert from "node:assert/strict";
import type { Claim, Coordinator, JoinedNode } from "../../../coordination/coordinator.ts";
import { countsOf } from "../claim-one.ts";
import { makeSubtasks } from "../subtasks.ts";
import { ask, type Check, claimNext, joinAs, never } from "./harness.ts";

const claimNewcomers = (node: JoinedNode): Promise<readonly Claim[]> => node.claim({ signal: never, most: 1, newcomersOnly: true });

/** Queues a query of a client with this many subtasks. */
const enqueue = (coordinator: Coordinator, client: string, count: number, priority = 500) =>
  coordinator.enqueue(ask(makeSubtasks(count, client), { queryId: client, client, priority }));

const programsOf = (claims: readonly Claim[]): string => claims.map(({ subtask }) => subtask.programKey).join(" ");

export function checkNewcomers(check: Check): void {
  check("a claim for newcomers only waits while all that waits is of clients of whom the node has a claim", async (coordinator) => {
    const node = await joinAs(coordinator, "node 1");
    await enqueue(coordinator, "alice", 50, 100);
    await claimNext(node);
    const kept = [claimNewcomers(node), claimNewcomers(node), claimNewcomers(node)];
    await enqueue(coordinator, "bob", 50);
    assert.equal(programsOf(await kept[0]!), "bob");
    await enqueue(coordinator, "carol", 50, 900);
    assert.equal(programsOf(await kept[1]!), "carol");
    assert.deepEqual(await countsOf(coordinator), { unowned: 147, owned: 3, failed: 0 });
    await enqueue(coordinator, "dave", 1);
    assert.equal(programsOf(await kept[2]!), "dave");
  });

  check("a client is a newcomer again when the node's last claim of its has ended, however it ended", async (coordinator) => {
    const node = await joinAs(coordinator, "node 1");
    await enqueue(coordinator, "alice", 9);
    for (const end of ["complete", "release", "fail"] as const) {
      const [first, second] = [await claimNext(node), await claimNext(node)];
      const kept = claimNewcomers(node);
      await first.complete();
      assert.equal((await countsOf(coordinator)).owned, 1);
      await second[end]("an error");
      assert.equal(await node.complete(await kept).then(([isOurs]) => isOurs), true);
    }
  });

  check("a client is a newcomer again when all that the node has of it is only to be saved", async (coordinator) => {
    const node = await joinAs(coordinator, "node 1");
    await enqueue(coordinator, "alice", 9);
    const [first, second] = [await claimNext(node), await claimNext(node)];
    const kept = claimNewcomers(node);
    node.computed([first.claim]);
    await enqueue(coordinator, "bob", 1);
    assert.equal(programsOf(await kept), "bob");
    node.computed([second.claim]);
    assert.equal(programsOf(await claimNewcomers(node)), "alice");
    assert.equal(await second.complete(), true);
  });

  check("what one node has of a client makes it no less a newcomer at another", async (coordinator) => {
    const [one, two] = [await joinAs(coordinator, "node 1"), await joinAs(coordinator, "node 2")];
    await enqueue(coordinator, "alice", 9);
    await claimNext(one);
    assert.equal(programsOf(await claimNewcomers(two)), "alice");
  });

  check("calls that take from anybody are served before those for newcomers only", async (coordinator) => {
    const node = await joinAs(coordinator, "node 1");
    let isKeptServed = false;
    const kept = claimNewcomers(node).finally(() => {
      isKeptServed = true;
    });
    const anybody = [claimNext(node), claimNext(node)];
    await enqueue(coordinator, "alice", 50);
    await Promise.all(anybody);
    assert.equal(isKeptServed, false);
    await enqueue(coordinator, "bob", 1);
    assert.equal(programsOf(await kept), "bob");
  });
}
