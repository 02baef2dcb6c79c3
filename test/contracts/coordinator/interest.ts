/** Who asks for a subtask, and what becomes of it when nobody does. */
import assert from "node:assert/strict";
import { claimOne, countsOf } from "../claim-one.ts";
import { keysOf, listen, makeSubtask, makeSubtasks } from "../subtasks.ts";
import { ask, type Check, claimNext, drain, joinAs } from "./harness.ts";

export function checkInterest(check: Check): void {
  check("when the request with the lowest number is withdrawn, the others' counts", async (coordinator) => {
    await coordinator.enqueue(ask(makeSubtasks(1, "a"), { queryId: "a", priority: 300 }));
    await coordinator.enqueue(ask(makeSubtasks(1, "b"), { queryId: "b", priority: 500 }));
    await coordinator.enqueue(ask(makeSubtasks(1, "b"), { queryId: "b", client: "bob", priority: 100 }));
    assert.deepEqual(await coordinator.withdraw("b", "bob"), { interested: 1 });
    const [first] = await drain(await joinAs(coordinator, "node 1"), 1);
    assert.equal(first, makeSubtask(0, "a").key);
  });

  check("50 requests of one plan at once create each subtask once", async (coordinator) => {
    const subtasks = makeSubtasks(200);
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, index) => coordinator.enqueue(ask(subtasks, { queryId: `q${index % 7}`, client: `c${index}` }))),
    );
    for (const { queued, joined } of answers) assert.equal(queued + joined, 200);
    assert.equal(
      answers.reduce((sum, { queued }) => sum + queued, 0),
      200,
    );
    assert.deepEqual(await countsOf(coordinator), { unowned: 200, owned: 0, failed: 0 });
  });

  check("a subtask that two queries ask for stays until both are withdrawn", async (coordinator) => {
    const shared = makeSubtask(1, "shared");
    const heard = listen(coordinator, [shared.key]);
    await coordinator.enqueue(ask([makeSubtask(0, "a"), shared], { queryId: "a" }));
    assert.deepEqual(await coordinator.enqueue(ask([shared, makeSubtask(0, "b")], { queryId: "b", client: "bob" })), {
      queued: 1,
      joined: 1,
    });
    assert.deepEqual(await coordinator.withdraw("a", "alice"), { interested: 0 });
    assert.deepEqual([...(await coordinator.states([makeSubtask(0, "a").key, shared.key])).keys()], [shared.key]);
    assert.deepEqual(await coordinator.withdraw("b", "bob"), { interested: 0 });
    await heard.count(2);
    assert.deepEqual(heard.events, [
      { kind: "unowned", key: shared.key },
      { kind: "withdrawn", key: shared.key },
    ]);
    assert.deepEqual(await countsOf(coordinator), { unowned: 0, owned: 0, failed: 0 });
  });

  check("a withdrawal that names no client ends the interest of all, and leaves other queries theirs", async (coordinator) => {
    await coordinator.enqueue(ask(makeSubtasks(3)));
    await coordinator.enqueue(ask(makeSubtasks(3), { client: "bob" }));
    await coordinator.enqueue(ask(makeSubtasks(1), { queryId: "other" }));
    assert.deepEqual(await coordinator.withdraw("query"), { interested: 0 });
    assert.deepEqual(await coordinator.withdraw("query"), { interested: 0 });
    assert.deepEqual(
      await coordinator.interest(["query", "other"]),
      new Map([
        ["query", 0],
        ["other", 1],
      ]),
    );
    assert.equal((await countsOf(coordinator)).unowned, 1);
  });

  check("a query that two clients ask for stays until both withdraw it", async (coordinator) => {
    await coordinator.enqueue(ask(makeSubtasks(3)));
    await coordinator.enqueue(ask(makeSubtasks(3), { client: "bob" }));
    await coordinator.enqueue(ask(makeSubtasks(3), { client: "bob" }));
    assert.deepEqual(await coordinator.withdraw("query", "alice"), { interested: 1 });
    assert.deepEqual(await coordinator.withdraw("query", "alice"), { interested: 1 });
    assert.equal((await countsOf(coordinator)).unowned, 3);
    assert.deepEqual(await coordinator.withdraw("query", "bob"), { interested: 0 });
    assert.equal((await countsOf(coordinator)).unowned, 0);
    assert.deepEqual(await coordinator.withdraw("query", "bob"), { interested: 0 });
  });

  check("a query that two tabs of one client ask for stays until both withdraw it", async (coordinator) => {
    for (const client of ["alice/1", "alice/2"]) await coordinator.enqueue(ask(makeSubtasks(3), { client }));
    assert.deepEqual(await coordinator.withdraw("query", "alice/1"), { interested: 1 });
    assert.deepEqual(await coordinator.withdraw("query", "alice"), { interested: 1 });
    assert.equal(await coordinator.renew("query", "alice/1"), false);
    assert.equal(await coordinator.renew("query", "alice/2"), true);
    assert.equal((await countsOf(coordinator)).unowned, 3);
    assert.deepEqual(await coordinator.withdraw("query", "alice/2"), { interested: 0 });
    assert.equal((await countsOf(coordinator)).unowned, 0);
  });

  check(
    "interest counts the clients of each query, and none of one that was withdrawn, is done or was never asked",
    async (coordinator) => {
      await coordinator.enqueue(ask(makeSubtasks(1, "a"), { queryId: "a" }));
      await coordinator.enqueue(ask(makeSubtasks(1, "a"), { queryId: "a", client: "bob" }));
      await coordinator.enqueue(ask(makeSubtasks(1, "a"), { queryId: "a", client: "bob", priority: 1 }));
      await coordinator.enqueue(ask(makeSubtasks(1, "a"), { queryId: "b" }));
      await coordinator.withdraw("b", "alice");
      const ids = ["a", "b", "c"];
      assert.deepEqual([...(await coordinator.interest(ids))].sort(), [
        ["a", 2],
        ["b", 0],
        ["c", 0],
      ]);
      await drain(await joinAs(coordinator, "node 1"), 1);
      // Interest ends with the last subtask, soon where several processes have to hear of that.
      while ((await coordinator.interest(["a"])).get("a") !== 0) await new Promise((resolve) => setImmediate(resolve));
    },
  );

  check("renew says whether a client is interested, and makes nobody interested", async (coordinator) => {
    assert.equal(await coordinator.renew("query", "alice"), false);
    await coordinator.enqueue(ask(makeSubtasks(2)));
    assert.equal(await coordinator.renew("query", "alice"), true);
    assert.equal(await coordinator.renew("query", "bob"), false);
    assert.equal((await coordinator.interest(["query"])).get("query"), 1);
    assert.deepEqual(await coordinator.withdraw("query", "alice"), { interested: 0 });
    assert.equal(await coordinator.renew("query", "alice"), false);
    assert.deepEqual(await countsOf(coordinator), { unowned: 0, owned: 0, failed: 0 });
  });

  check("withdrawing aborts running claims that nobody else asks for", async (coordinator) => {
    const node = await joinAs(coordinator, "node 1");
    await coordinator.enqueue(ask([makeSubtask(0)], { queryId: "a" }));
    await coordinator.enqueue(ask([makeSubtask(1)], { queryId: "a" }));
    await coordinator.enqueue(ask([makeSubtask(1)], { queryId: "b" }));
    const alone = await claimNext(node);
    const shared = await claimNext(node);
    const heard = listen(coordinator, keysOf(makeSubtasks(2)));
    const aborted = new Promise((resolve) => alone.signal.addEventListener("abort", resolve));
    await coordinator.withdraw("a", "alice");
    await aborted;
    assert.match(String(alone.signal.reason), /withdrawn/);
    assert.equal(shared.signal.aborted, false);
    assert.equal((await coordinator.states([alone.subtask.key])).size, 0);
    assert.equal(await alone.release(), true);
    assert.equal(await shared.complete(), true);
    await heard.count(2);
    assert.deepEqual(
      heard.events.map(({ kind, key }) => [kind, key]),
      [
        ["withdrawn", alone.subtask.key],
        ["done", shared.subtask.key],
      ],
    );
    assert.deepEqual(await countsOf(coordinator), { unowned: 0, owned: 0, failed: 0 });
  });

  check(
    "a withdrawn subtask that is asked for again before its node stopped is owned by one node at a time, and computed",
    async (coordinator) => {
      const node = await joinAs(coordinator, "node 1");
      await coordinator.enqueue(ask(makeSubtasks(1)));
      const first = await claimNext(node);
      await coordinator.withdraw("query", "alice");
      await coordinator.enqueue(ask(makeSubtasks(1)));
      const stop = new AbortController();
      const second = claimOne(node, { signal: stop.signal });
      assert.equal((await countsOf(coordinator)).owned, 1);
      assert.equal(await first.fail("stopped as told"), true);
      const claim = await second;
      assert.equal(claim.signal.aborted, false);
      assert.equal(await claim.fail("a real error"), true);
      assert.equal(await (await claimNext(node)).complete(), true);
    },
  );

  check("a subtask that was withdrawn is not heard to be done, though somebody asks for its state", async (coordinator) => {
    const keys = keysOf(makeSubtasks(3));
    const heard = listen(coordinator, keys);
    await coordinator.enqueue(ask(makeSubtasks(3)));
    await heard.count(3);
    await coordinator.withdraw("query", "alice");
    assert.equal((await coordinator.states(keys)).size, 0);
    await heard.count(6);
    assert.equal((await coordinator.states(keys)).size, 0);
    await coordinator.enqueue(ask(makeSubtasks(3)));
    await heard.count(9);
    const kinds = heard.events.map(({ kind }) => kind);
    assert.deepEqual(kinds, [...Array(3).fill("unowned"), ...Array(3).fill("withdrawn"), ...Array(3).fill("unowned")]);
  });

  check("a claim that completes although it was withdrawn is done", async (coordinator) => {
    const node = await joinAs(coordinator, "node 1");
    await coordinator.enqueue(ask(makeSubtasks(1)));
    const claim = await claimNext(node);
    const heard = listen(coordinator, keysOf(makeSubtasks(1)));
    await coordinator.withdraw("query", "alice");
    assert.equal(await claim.complete(), true);
    await heard.until("done");
    // The event of its claim may come late.
    const kinds = heard.events.map(({ kind }) => kind).filter((kind) => kind !== "loading");
    assert.deepEqual(kinds, ["withdrawn", "done"]);
  });
}
