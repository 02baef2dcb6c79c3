/** Several claims together, and a node that ends. */
import assert from "node:assert/strict";
import type { Claim, JoinedNode, Subtask } from "../../../coordination/coordinator.ts";
import { claimOne, countsOf } from "../claim-one.ts";
import { keysOf, listen, makeSubtask, makeSubtasks } from "../subtasks.ts";
import { countUntilFewAreDone } from "./few-beside-many.ts";
import { ask, type Check, joinAs, never } from "./harness.ts";

const claimSome = (node: JoinedNode, most: number): Promise<readonly Claim[]> => node.claim({ signal: never, most });

/** In as many calls as it takes. */
async function claimAll(node: JoinedNode, count: number, most: number): Promise<readonly Claim[]> {
  const claims: Claim[] = [];
  while (claims.length < count) claims.push(...(await claimSome(node, most)));
  return claims;
}

export function checkBundles(check: Check): void {
  check("claims that are begun and completed together are entries of their own: one that was released stays", async (coordinator) => {
    const subtasks = makeSubtasks(6);
    const heard = listen(coordinator, keysOf(subtasks));
    await coordinator.enqueue(ask(subtasks));
    const node = await joinAs(coordinator, "node 1");
    const claims = await claimAll(node, 6, 4);
    assert.deepEqual(
      claims.map(({ subtask }) => subtask.key),
      keysOf(subtasks),
    );
    await node.begin(claims);
    const states = await coordinator.states(keysOf(subtasks));
    for (const state of states.values()) assert.deepEqual(state, { kind: "owned", node: "node 1", loading: false });
    assert.deepEqual(await node.release(claims.slice(2, 3)), [true]);
    assert.deepEqual(await node.complete(claims), [true, true, false, true, true, true]);
    assert.deepEqual(await node.complete(claims), Array(6).fill(false));
    assert.deepEqual(await countsOf(coordinator), { unowned: 1, owned: 0, failed: 0 });
    await heard.count(24);
    assert.equal(heard.events.filter(({ kind }) => kind === "done").length, 5);
  });

  check("prepare is told of each subtask before it is claimed, and most is never exceeded", async (coordinator) => {
    await coordinator.enqueue(ask(makeSubtasks(20)));
    const node = await joinAs(coordinator, "node 1");
    const told: string[] = [];
    for (let claimed = 0; claimed < 20; ) {
      const claims = await node.claim({ signal: never, most: 3, prepare: ({ key }) => void told.push(key) });
      assert(claims.length >= 1 && claims.length <= 3, `${claims.length} claims`);
      for (const { subtask } of claims) assert(told.includes(subtask.key));
      claimed += claims.length;
    }
    assert.deepEqual(told, keysOf(makeSubtasks(20)));
  });

  check("one claim of many that is withdrawn or lost does not take the others down", async (coordinator) => {
    await coordinator.enqueue(ask(makeSubtasks(3, "kept"), { queryId: "kept" }));
    await coordinator.enqueue(ask(makeSubtasks(1, "dropped"), { queryId: "dropped" }));
    const node = await joinAs(coordinator, "node 1");
    const claims = await claimAll(node, 4, 4);
    const dropped = claims.find(({ subtask }) => subtask.programKey === "dropped")!;
    const aborted = new Promise((resolve) => dropped.signal.addEventListener("abort", resolve));
    await coordinator.withdraw("dropped", "alice");
    await aborted;
    assert.equal(claims.filter(({ signal }) => signal.aborted).length, 1);
    assert.deepEqual(await node.release([dropped]), [true]);
    assert.deepEqual(await node.complete(claims.filter((claim) => claim !== dropped)), [true, true, true]);
    assert.deepEqual(await countsOf(coordinator), { unowned: 0, owned: 0, failed: 0 });
  });

  check(
    "ten subtasks of one client are among the first forty that are done beside a thousand of another's, in bundles too",
    async (coordinator) => {
      const last = await countUntilFewAreDone(coordinator);
      assert(last <= 40, `the last one was done as number ${last}`);
    },
  );

  check("a subtask with an attempt on record is claimed alone", async (coordinator) => {
    await coordinator.enqueue(ask(makeSubtasks(30)));
    const node = await joinAs(coordinator, "node 1");
    const tried = await claimOne(node, { signal: never, prefers: ({ partition }) => partition === 7 });
    await tried.begin();
    await tried.fail("an error");
    for (let claimed = 0; claimed < 30; ) {
      const claims = await claimSome(node, 8);
      claimed += claims.length;
      const keys = claims.map(({ subtask }) => subtask.key);
      if (keys.includes(makeSubtask(7).key)) assert.deepEqual(keys, [makeSubtask(7).key]);
    }
  });

  check("a subtask of which the node says so is claimed alone", async (coordinator) => {
    await coordinator.enqueue(ask(makeSubtasks(8)));
    const node = await joinAs(coordinator, "node 1");
    const comesAlone = ({ partition }: Subtask) => partition === 0 || partition === 3;
    const bundles: (readonly number[])[] = [];
    while (bundles.flat().length < 8) {
      const claims = await node.claim({ signal: never, most: 4, comesAlone });
      bundles.push(claims.map(({ subtask }) => subtask.partition));
    }
    assert.deepEqual(
      bundles.filter((bundle) => bundle.includes(0) || bundle.includes(3)),
      [[0], [3]],
    );
    assert.deepEqual(bundles[1], [1, 2]);
  });

  check("a node that drains claims nothing more, hands back what has not begun, and waits for the rest", async (coordinator) => {
    await coordinator.enqueue(ask(makeSubtasks(2)));
    const node = await joinAs(coordinator, "node 1");
    const begun = await claimOne(node, { signal: never });
    await begun.begin();
    const loading = await claimOne(node, { signal: never });
    const waiting = claimSome(node, 2);
    let isDrained = false;
    const draining = node.drain().then(() => {
      isDrained = true;
    });
    assert.deepEqual(await waiting, []);
    assert.deepEqual(await claimSome(node, 2), []);
    while ((await countsOf(coordinator)).unowned !== 1) await new Promise((resolve) => setImmediate(resolve));
    assert.equal(loading.signal.aborted, true);
    assert.equal(begun.signal.aborted, false);
    assert.equal(await loading.release(), false);
    assert.equal(isDrained, false);
    assert.equal(await begun.complete(), true);
    await draining;
    await node.leave();
    const other = await joinAs(coordinator, "node 2");
    assert.equal((await claimOne(other, { signal: never })).subtask.key, loading.subtask.key);
  });

  check("demand is told by dataset and columns, with the best priority and since when the first waits", async (coordinator) => {
    assert.deepEqual(await coordinator.demand(), []);
    const before = Date.now();
    const reading = (program: string, columns: readonly string[]) => makeSubtasks(3, program).map((subtask) => ({ ...subtask, columns }));
    await coordinator.enqueue(ask(reading("a", ["pt", "eta"]), { queryId: "a", priority: 300 }));
    await coordinator.enqueue(ask(reading("b", ["eta", "pt"]), { queryId: "b", priority: 200 }));
    await coordinator.enqueue(ask(reading("c", ["mass"]), { queryId: "c", priority: 100 }));
    const node = await joinAs(coordinator, "node 1");
    await (await claimOne(node, { signal: never })).fail("broken", { permanent: true });
    await claimAll(node, 3, 1);
    const demand = [...(await coordinator.demand())].sort((a, b) => a.columns.length - b.columns.length);
    assert.deepEqual(
      demand.map(({ since: _, ...rest }) => rest),
      [
        { dataset: "zmumu", columns: ["mass"], unowned: 0, owned: 2, failed: 1, priority: undefined },
        { dataset: "zmumu", columns: ["eta", "pt"], unowned: 5, owned: 1, failed: 0, priority: 200 },
      ],
    );
    assert.equal(demand[0]!.since, undefined);
    // Clocks of two machines may differ; these do not by much.
    assert(Math.abs(demand[1]!.since! - before) < 60_000);
  });
}
