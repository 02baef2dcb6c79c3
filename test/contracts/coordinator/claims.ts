/** One subtask and its claim, and several of them. */
import assert from "node:assert/strict";
import type { JoinedNode } from "../../../coordination/coordinator.ts";
import { claimOne, countsOf } from "../claim-one.ts";
import { keysOf, listen, makeSubtasks } from "../subtasks.ts";
import { ask, type Check, claimNext, joinAs } from "./harness.ts";

export function checkClaims(check: Check): void {
  check("a subtask goes from unowned to owned to absent, and watchers hear it in order", async (coordinator) => {
    const [subtask] = makeSubtasks(1);
    const { key } = subtask!;
    const heard = listen(coordinator, [key]);
    assert.deepEqual(await coordinator.enqueue(ask([subtask!], { priority: 7 })), { queued: 1, joined: 0 });
    assert.deepEqual([...(await coordinator.states([key, "unknown"]))], [[key, { kind: "unowned" }]]);
    assert.deepEqual(await countsOf(coordinator), { unowned: 1, owned: 0, failed: 0 });

    const node = await joinAs(coordinator, "node 1");
    const claim = await claimNext(node);
    assert.deepEqual(claim.subtask, subtask);
    assert.equal(claim.priority, 7);
    assert.deepEqual([...(await coordinator.states([key]))], [[key, { kind: "owned", node: "node 1", loading: true }]]);
    claim.begin();
    await heard.count(3);
    assert.deepEqual([...(await coordinator.states([key]))], [[key, { kind: "owned", node: "node 1", loading: false }]]);
    assert.deepEqual(await countsOf(coordinator), { unowned: 0, owned: 1, failed: 0 });

    assert.equal(await claim.complete(), true);
    await heard.count(4);
    assert.deepEqual(heard.events, [
      { kind: "unowned", key },
      { kind: "loading", key },
      { kind: "running", key },
      { kind: "done", key },
    ]);
    assert.equal((await coordinator.states([key])).size, 0);
    assert.deepEqual(await countsOf(coordinator), { unowned: 0, owned: 0, failed: 0 });
    assert.equal(claim.signal.aborted, false);
  });

  check("claim tells what it is about to claim before it is claimed", async (coordinator) => {
    const subtasks = makeSubtasks(3);
    await coordinator.enqueue(ask(subtasks));
    const node = await joinAs(coordinator, "node 1");
    const told: string[] = [];
    for (let count = 1; count <= subtasks.length; count++) {
      const claim = await claimOne(node, { signal: new AbortController().signal, prepare: ({ key }) => void told.push(key) });
      assert.equal(told.length, count);
      assert.equal(told.at(-1), claim.subtask.key);
    }
  });

  check("a claim ends once: a second complete, fail or release says false and changes nothing", async (coordinator) => {
    await coordinator.enqueue(ask(makeSubtasks(1)));
    const node = await joinAs(coordinator, "node 1");
    const claim = await claimNext(node);
    assert.equal(await claim.release(), true);
    for (const end of [claim.complete, claim.release, () => claim.fail("late")]) assert.equal(await end(), false);
    claim.begin();
    assert.deepEqual([...(await coordinator.states(keysOf(makeSubtasks(1)))).values()], [{ kind: "unowned" }]);
  });

  check("claim waits until there is a subtask", async (coordinator) => {
    const node = await joinAs(coordinator, "node 1");
    const waiting = [claimNext(node), claimNext(node)];
    await coordinator.enqueue(ask(makeSubtasks(2)));
    const keys = (await Promise.all(waiting)).map(({ subtask }) => subtask.key);
    assert.deepEqual(keys.sort(), keysOf(makeSubtasks(2)));
  });

  check("claim rejects with the signal's reason, and then takes nothing", async (coordinator) => {
    const node = await joinAs(coordinator, "node 1");
    const stop = new AbortController();
    const stopped = claimOne(node, { signal: stop.signal });
    stop.abort(new Error("enough"));
    await assert.rejects(stopped, /^Error: enough$/);
    await assert.rejects(claimOne(node, { signal: stop.signal }), /^Error: enough$/);
    await coordinator.enqueue(ask(makeSubtasks(1)));
    assert.deepEqual(await countsOf(coordinator), { unowned: 1, owned: 0, failed: 0 });
  });

  check("3,000 subtasks and 4 nodes: each is claimed by one", async (coordinator) => {
    const subtasks = makeSubtasks(3000);
    const nodes = await Promise.all(["a", "b", "c", "d"].map((id) => joinAs(coordinator, id)));
    const stop = new AbortController();
    const claimed: string[] = [];
    const pull = async (node: JoinedNode) => {
      for (;;) {
        const claim = await claimOne(node, { signal: stop.signal });
        claimed.push(claim.subtask.key);
        assert.equal(await claim.complete(), true);
        if (claimed.length === 3000) stop.abort(new Error("all done"));
      }
    };
    const pulling = nodes.flatMap((node) => [pull(node), pull(node), pull(node)]);
    await coordinator.enqueue(ask(subtasks));
    for (const outcome of await Promise.allSettled(pulling)) {
      if (outcome.status === "rejected") assert.equal(outcome.reason.message, "all done");
    }
    assert.deepEqual([...claimed].sort(), [...keysOf(subtasks)].sort());
  });

  check("watchers hear of their own subtasks only, until they stop", async (coordinator) => {
    const [first, second, third] = makeSubtasks(3);
    const one = listen(coordinator, [first!.key, second!.key]);
    const two = listen(coordinator, [second!.key, third!.key]);
    await coordinator.enqueue(ask([first!, second!]));
    await Promise.all([one.count(2), two.count(1)]);
    one.stop();
    await coordinator.enqueue(ask([third!]));
    await coordinator.withdraw("query", "alice");
    await two.count(4);
    assert.deepEqual(
      two.events.map(({ kind }) => kind),
      ["unowned", "unowned", "withdrawn", "withdrawn"],
    );
    assert.equal(one.events.length, 2);
  });

  check("nodes say who is there and what they reported", async (coordinator) => {
    const first = await joinAs(coordinator, "node 1");
    await joinAs(coordinator, "node 2");
    await assert.rejects(joinAs(coordinator, "node 1"), /node 1.*there already/);
    first.report({ cacheBytes: 5, running: 1, done: 2, failed: 3 });
    const [one, two] = await coordinator.nodes();
    assert.equal(typeof one?.since, "number");
    assert.deepEqual(
      [one, two].map((node) => ({ ...node, since: 0 })),
      [
        { id: "node 1", host: "localhost", threads: 2, cacheLimit: 1e9, cacheBytes: 5, running: 1, done: 2, failed: 3, since: 0 },
        { id: "node 2", host: "localhost", threads: 2, cacheLimit: 1e9, cacheBytes: 0, running: 0, done: 0, failed: 0, since: 0 },
      ],
    );
  });

  check("a node tells which task it is", async (coordinator) => {
    await coordinator.join({ id: "node 1", host: "localhost", threads: 2, cacheLimit: 1e9, task: "femtoq.7" });
    assert.equal((await coordinator.nodes())[0]!.task, "femtoq.7");
  });

  check("whoever starts nodes tells how far it is", async (coordinator) => {
    assert.equal(await coordinator.supply(), undefined);
    const first = { wanted: 3, there: 1, missing: ["no offer with 2 cpus and 4096 MB"] };
    await coordinator.publishSupply(first);
    assert.deepEqual(await coordinator.supply(), first);
    await coordinator.publishSupply({ wanted: 1, there: 1, missing: [] });
    assert.deepEqual(await coordinator.supply(), { wanted: 1, there: 1, missing: [] });
  });

  check("a priority that is none is refused, and nothing queued", async (coordinator) => {
    for (const priority of [-1, 1000, 1.5, Number.NaN]) {
      await assert.rejects(coordinator.enqueue(ask(makeSubtasks(1), { priority })), /priority .* from 0 to 999/);
    }
    assert.equal((await countsOf(coordinator)).unowned, 0);
  });
}
