/** Errors, lost claims and trying again. */
import assert from "node:assert/strict";
import { mostErrors, mostLostClaims } from "../../../coordination/coordinator.ts";
import { claimOne, countsOf } from "../claim-one.ts";
import { keysOf, listen, makeSubtask, makeSubtasks } from "../subtasks.ts";
import { ask, type Check, claimNext, failed, joinAs, never } from "./harness.ts";

export function checkAttempts(check: Check): void {
  check(`a subtask fails after ${mostErrors} errors, with its attempts and what each said`, async (coordinator) => {
    const subtasks = makeSubtasks(2);
    const { key } = subtasks[0]!;
    await coordinator.enqueue(ask([subtasks[0]!]));
    const heard = listen(coordinator, [key]);
    const node = await joinAs(coordinator, "node 1");
    for (const cause of ["disk on fire", "disk on fire", "file is gone"]) assert.equal(await (await claimNext(node)).fail(cause), true);
    const failure = await failed(coordinator, key);
    assert.equal(failure.attempts, mostErrors);
    assert.match(failure.cause, /disk on fire.*file is gone/);
    assert.equal(failure.cause.split("disk on fire").length, 2);
    await heard.count(6);
    assert.deepEqual(
      heard.events.map(({ kind }) => kind),
      ["loading", "unowned", "loading", "unowned", "loading", "failed"],
    );
    assert.deepEqual(heard.events.at(-1), { kind: "failed", key, failure });
    assert.deepEqual(await coordinator.enqueue(ask(subtasks)), { queued: 1, joined: 1 });
    assert.deepEqual(await countsOf(coordinator), { unowned: 1, owned: 0, failed: 1 });
  });

  check("an error that cannot mend fails a subtask at once", async (coordinator) => {
    await coordinator.enqueue(ask(makeSubtasks(1)));
    const claim = await claimNext(await joinAs(coordinator, "node 1"));
    assert.equal(await claim.fail("no such column", { permanent: true }), true);
    assert.deepEqual(await failed(coordinator, claim.subtask.key), { attempts: 1, cause: "no such column" });
    // Interest ends with the last subtask, soon where several processes have to hear of that.
    while (await coordinator.renew("query", "alice")) await new Promise((resolve) => setImmediate(resolve));
  });

  check("release does not count as an attempt", async (coordinator) => {
    await coordinator.enqueue(ask(makeSubtasks(1)));
    const node = await joinAs(coordinator, "node 1");
    for (let times = 0; times < mostLostClaims + 1; times++) assert.equal(await (await claimNext(node)).release(), true);
    assert.deepEqual([...(await coordinator.states(keysOf(makeSubtasks(1)))).values()], [{ kind: "unowned" }]);
  });

  check("a node that leaves just as it claims keeps nothing: another gets it", async (coordinator) => {
    await coordinator.enqueue(ask(makeSubtasks(1)));
    const first = await joinAs(coordinator, "node 1");
    const claiming = assert.rejects(claimNext(first), /node 1.*left/);
    await Promise.all([first.leave(), claiming]);
    assert.equal(await (await claimNext(await joinAs(coordinator, "node 2"))).complete(), true);
  });

  check("a node that leaves loses its claims: others get them, and it is told", async (coordinator) => {
    await coordinator.enqueue(ask(makeSubtasks(2)));
    const first = await joinAs(coordinator, "node 1");
    const second = await joinAs(coordinator, "node 2");
    const lost = [await claimNext(first), await claimNext(first)];
    const waiting = claimOne(first, { signal: never });
    const gained = [claimNext(second), claimNext(second)];
    await Promise.all([first.leave(), assert.rejects(waiting, /node 1.*left/)]);
    for (const claim of lost) {
      assert.equal(claim.signal.aborted, true);
      assert.equal(await claim.complete(), false);
      assert.equal(await claim.fail("late"), false);
    }
    for (const claim of await Promise.all(gained)) assert.equal(await claim.complete(), true);
    await assert.rejects(claimOne(first, { signal: never }), /node 1.*left/);
    assert.deepEqual(
      (await coordinator.nodes()).map(({ id }) => id),
      ["node 2"],
    );
    await first.leave();
  });

  check(`a subtask fails after ${mostLostClaims} claims that were lost when computing had begun`, async (coordinator) => {
    await coordinator.enqueue(ask(makeSubtasks(1)));
    for (let times = 1; times <= mostLostClaims; times++) {
      const node = await joinAs(coordinator, `node ${times}`);
      await (await claimNext(node)).begin();
      await node.leave();
    }
    const failure = await failed(coordinator, makeSubtask(0).key);
    assert.equal(failure.attempts, mostLostClaims);
    assert.match(failure.cause, new RegExp(`node ${mostLostClaims}`));
  });

  check("claims that were lost before computing began count as no attempts, however many there are", async (coordinator) => {
    await coordinator.enqueue(ask(makeSubtasks(1)));
    for (let times = 1; times <= mostLostClaims + 1; times++) {
      const node = await joinAs(coordinator, `node ${times}`);
      await claimNext(node);
      await node.leave();
    }
    assert.deepEqual([...(await coordinator.states(keysOf(makeSubtasks(1)))).values()], [{ kind: "unowned" }]);
    const claim = await claimNext(await joinAs(coordinator, "last"));
    await claim.fail("an error", { permanent: true });
    assert.deepEqual(await failed(coordinator, claim.subtask.key), { attempts: 1, cause: "an error" });
  });

  check("retry gives failed subtasks fresh attempts, and leaves the others alone", async (coordinator) => {
    const subtasks = makeSubtasks(3);
    await coordinator.enqueue(ask(subtasks));
    const node = await joinAs(coordinator, "node 1");
    for (let index = 0; index < 2; index++) await (await claimNext(node)).fail("broken", { permanent: true });
    const heard = listen(coordinator, keysOf(subtasks));
    assert.equal(await coordinator.retry(ask(subtasks, { client: "bob" })), 2);
    assert.equal(await coordinator.retry(ask(subtasks, { client: "bob" })), 0);
    await heard.count(2);
    assert.deepEqual(
      heard.events.map(({ kind, key }) => [kind, key]),
      keysOf(subtasks.slice(0, 2)).map((key) => ["unowned", key]),
    );
    assert.deepEqual(await countsOf(coordinator), { unowned: 3, owned: 0, failed: 0 });
    for (let index = 0; index < mostErrors - 1; index++) {
      const claim = await claimOne(node, { signal: never, prefers: ({ partition }) => partition === 0 });
      await claim.fail("broken");
    }
    assert.equal((await countsOf(coordinator)).failed, 0);
    await coordinator.withdraw("query", "alice");
    assert.equal((await countsOf(coordinator)).unowned, 3);
    await coordinator.withdraw("query", "bob");
    assert.deepEqual(await countsOf(coordinator), { unowned: 0, owned: 0, failed: 0 });
  });
}
