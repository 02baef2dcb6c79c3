/** Tests what is left after a crash. */
import assert from "node:assert/strict";
import { mostLostClaims } from "../../../coordination/coordinator.ts";
import { countsOf } from "../claim-one.ts";
import { keysOf, makeSubtask, makeSubtasks } from "../subtasks.ts";
import { ask, type Check, claimNext, drain, failed, joinAs } from "./harness.ts";

export function checkRecovery(check: Check): void {
  check("names with odd characters are names like others", async (coordinator, crash) => {
    const odd = ["__proto__", "constructor", "a b", "a/b", "é😀", "zero\u0000byte", '"quoted"', "line\nbreak", "%2F", "k".repeat(1000)];
    const subtasks = odd.map((text, partition) => ({ key: text, programKey: text, fingerprint: text, dataset: text, partition }));
    for (const [index, text] of odd.entries())
      await coordinator.enqueue({ queryId: text, client: text, priority: 500, subtasks: [subtasks[index]!] });
    const again = await crash();
    assert.deepEqual([...(await again.states(odd)).keys()], odd);
    for (const text of odd.slice(0, 5)) assert.deepEqual(await again.withdraw(text, text), { interested: 0 });
    const node = await joinAs(again, "__proto__");
    const claimed = [];
    for (let index = 5; index < odd.length; index++) {
      const { subtask, complete } = await claimNext(node);
      claimed.push(subtask);
      await complete();
    }
    assert.deepEqual(claimed, subtasks.slice(5));
  });

  check("after a crash accepted subtasks are there, unowned, in their order", async (coordinator, crash) => {
    await coordinator.enqueue(ask(makeSubtasks(3, "a"), { queryId: "a" }));
    await coordinator.enqueue(ask(makeSubtasks(3, "b"), { queryId: "b", client: "bob" }));
    await coordinator.enqueue(ask(makeSubtasks(2, "c"), { queryId: "c", client: "bob", priority: 100 }));
    await coordinator.enqueue(ask([makeSubtask(2, "a")], { queryId: "a3", client: "carol", priority: 200 }));
    const node = await joinAs(coordinator, "node 1");
    await drain(node, 1);
    const owned = await claimNext(node);
    const again = await crash();
    assert.equal((await again.states([owned.subtask.key])).get(owned.subtask.key)?.kind, "unowned");
    assert.deepEqual(await countsOf(again), { unowned: 7, owned: 0, failed: 0 });
    assert.deepEqual(await again.nodes(), []);
    const keys = await drain(await joinAs(again, "node 1"), 7);
    const expected = [
      makeSubtask(1, "c"),
      makeSubtask(2, "a"),
      makeSubtask(0, "a"),
      makeSubtask(0, "b"),
      makeSubtask(1, "a"),
      ...makeSubtasks(3, "b").slice(1),
    ];
    assert.deepEqual(keys, keysOf(expected));
  });

  check(
    "a crash counts as a lost claim where computing had begun, for nothing else, and no attempt is forgotten",
    async (coordinator, crash) => {
      await coordinator.enqueue(ask([makeSubtask(0)], { queryId: "a", priority: 1 }));
      await coordinator.enqueue(ask([makeSubtask(1)], { queryId: "b", priority: 2 }));
      await coordinator.enqueue(ask([makeSubtask(2)], { queryId: "c", priority: 3 }));
      const node = await joinAs(coordinator, "node 1");
      await (await claimNext(node)).fail("first");
      await (await claimNext(node)).fail("second");
      const held = await claimNext(node);
      await (await claimNext(node)).fail("hopeless", { permanent: true });
      assert.equal(held.subtask.partition, 0);
      await held.begin();
      let again = await crash();
      assert.deepEqual(await failed(again, makeSubtask(1).key), { attempts: 1, cause: "hopeless" });
      for (let times = 2; times <= mostLostClaims; times++) {
        assert.equal((await again.states([makeSubtask(0).key])).get(makeSubtask(0).key)?.kind, "unowned");
        const claim = await claimNext(await joinAs(again, "node 1"));
        assert.equal(claim.subtask.partition, 0);
        await claim.begin();
        again = await crash();
      }
      const failure = await failed(again, makeSubtask(0).key);
      assert.equal(failure.attempts, mostLostClaims + 2);
      assert.match(failure.cause, /first.*second/);
      assert.deepEqual(await countsOf(again), { unowned: 1, owned: 0, failed: 2 });
    },
  );

  check("after a crash interest is as it was", async (coordinator, crash) => {
    await coordinator.enqueue(ask(makeSubtasks(2), { queryId: "a" }));
    await coordinator.enqueue(ask(makeSubtasks(2), { queryId: "a", client: "bob" }));
    await coordinator.enqueue(ask(makeSubtasks(3), { queryId: "b", client: "carol" }));
    await coordinator.enqueue(ask(makeSubtasks(3, "gone"), { queryId: "c" }));
    await coordinator.withdraw("a", "alice");
    await coordinator.withdraw("c", "alice");
    const again = await crash();
    assert.equal(await again.renew("c", "alice"), false);
    assert.deepEqual(await again.withdraw("b", "carol"), { interested: 0 });
    assert.deepEqual([...(await again.states(keysOf(makeSubtasks(3)))).keys()], keysOf(makeSubtasks(2)));
    assert.deepEqual(await again.withdraw("a", "bob"), { interested: 0 });
    assert.deepEqual(await countsOf(again), { unowned: 0, owned: 0, failed: 0 });
  });

  check("after a crash subtasks and demand are told by the same columns and shape", async (coordinator, crash) => {
    const columns = ["mass", "pt"];
    const subtasks = makeSubtasks(3).map((subtask) => ({ ...subtask, columns, shape: "a shape" }));
    await coordinator.enqueue(ask(subtasks));
    const node = await joinAs(coordinator, "node 1");
    await (await claimNext(node)).fail("hopeless", { permanent: true });
    const again = await crash();
    const [{ since: _, ...demand } = assert.fail("no demand")] = await again.demand();
    assert.deepEqual(demand, { dataset: "zmumu", columns, unowned: 2, owned: 0, failed: 1, priority: 500 });
    const { subtask } = await claimNext(await joinAs(again, "node 2"));
    assert.deepEqual(
      subtask,
      subtasks.find(({ key }) => key === subtask.key),
    );
  });

  check("what was withdrawn while it was computed does not come back after a crash", async (coordinator, crash) => {
    await coordinator.enqueue(ask(makeSubtasks(2)));
    const node = await joinAs(coordinator, "node 1");
    await (await claimNext(node)).begin();
    await coordinator.withdraw("query", "alice");
    const again = await crash();
    await joinAs(again, "node 1");
    assert.deepEqual(await countsOf(again), { unowned: 0, owned: 0, failed: 0 });
    assert.deepEqual([...(await again.interest(["query"])).values()], [0]);
  });
}
