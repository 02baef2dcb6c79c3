/** Which subtask goes next. */
import assert from "node:assert/strict";
import { claimOne } from "../claim-one.ts";
import { keysOf, makeSubtask, makeSubtasks } from "../subtasks.ts";
import { ask, type Check, drain, joinAs, never } from "./harness.ts";

export function checkOrder(check: Check): void {
  check("lower priority numbers go first, first come first inside one", async (coordinator) => {
    for (const [index, priority] of [500, 999, 0, 500, 1].entries()) {
      await coordinator.enqueue(ask(makeSubtasks(2, `p${index}`), { queryId: `q${index}`, priority }));
    }
    const keys = await drain(await joinAs(coordinator, "node 1"), 10);
    assert.deepEqual(
      keys,
      [2, 4, 0, 3, 1].flatMap((index) => keysOf(makeSubtasks(2, `p${index}`))),
    );
  });

  check("clients of one priority take turns", async (coordinator) => {
    await coordinator.enqueue(ask(makeSubtasks(4, "a"), { queryId: "a", client: "alice" }));
    await coordinator.enqueue(ask(makeSubtasks(2, "b"), { queryId: "b", client: "bob" }));
    await coordinator.enqueue(ask(makeSubtasks(1, "a2"), { queryId: "a2", client: "alice" }));
    await coordinator.enqueue(ask(makeSubtasks(2, "c"), { queryId: "c", client: "carol" }));
    const programs = (await drain(await joinAs(coordinator, "node 1"), 9)).map((key) => key.split(":")[0]);
    assert.equal(programs.join(" "), "a b c a b c a a a2");
  });

  check("the tabs of one client take its turns together", async (coordinator) => {
    await coordinator.enqueue(ask(makeSubtasks(2, "a"), { queryId: "a", client: "alice/1" }));
    await coordinator.enqueue(ask(makeSubtasks(4, "b"), { queryId: "b", client: "bob" }));
    await coordinator.enqueue(ask(makeSubtasks(2, "a2"), { queryId: "a2", client: "alice/2" }));
    const programs = (await drain(await joinAs(coordinator, "node 1"), 8)).map((key) => key.split(":")[0]);
    assert.equal(programs.join(" "), "a b a b a2 b a2 b");
  });

  check(
    "a later request with a lower number brings its subtasks forward; with a higher one it does not put them back",
    async (coordinator) => {
      await coordinator.enqueue(ask(makeSubtasks(3, "a"), { queryId: "a" }));
      await coordinator.enqueue(ask(makeSubtasks(3, "b"), { queryId: "b" }));
      await coordinator.enqueue(ask(makeSubtasks(2, "b"), { queryId: "b2", client: "bob", priority: 100 }));
      await coordinator.enqueue(ask(makeSubtasks(3, "a"), { queryId: "a2", client: "bob", priority: 900 }));
      const keys = await drain(await joinAs(coordinator, "node 1"), 6);
      assert.deepEqual(keys, [...keysOf(makeSubtasks(2, "b")), ...keysOf(makeSubtasks(3, "a")), makeSubtask(2, "b").key]);
    },
  );

  check("claim takes what it prefers within the best priority, and otherwise the first", async (coordinator) => {
    await coordinator.enqueue(ask(makeSubtasks(10, "a"), { queryId: "a", priority: 400 }));
    await coordinator.enqueue(ask(makeSubtasks(10, "b"), { queryId: "b", priority: 500 }));
    const node = await joinAs(coordinator, "node 1");
    const seventh = await claimOne(node, { signal: never, prefers: ({ partition }) => partition === 7 });
    assert.deepEqual(seventh.subtask, makeSubtask(7, "a"));
    const other = await claimOne(node, { signal: never, prefers: ({ programKey }) => programKey === "b" });
    assert.deepEqual(other.subtask, makeSubtask(0, "a"));
  });
}
