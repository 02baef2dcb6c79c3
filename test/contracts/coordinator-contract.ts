/** What every form of the coordinator must do: run by the tests of each form. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import type { Claim, Coordinator, Membership, Request } from "../../coordination/coordinator.ts";
import { mostErrors, mostLostClaims } from "../../coordination/coordinator.ts";
import { keysOf, listen, makeSubtask, makeSubtasks } from "./subtasks.ts";

export interface CoordinatorHarness {
  readonly coordinator: Coordinator;
  /** Ends the coordinator and its nodes as a crash would and gives one that goes on from what was left behind. */
  crash(): Promise<Coordinator>;
}

/** `open` gives an empty coordinator and cleans up after the test. */
export type OpenCoordinator = (t: TestContext) => Promise<CoordinatorHarness>;

const never = new AbortController().signal;

const joinAs = (coordinator: Coordinator, id: string): Promise<Membership> =>
  coordinator.join({ id, host: "localhost", threads: 2, cacheLimit: 1e9 });
const claimNext = (node: Membership): Promise<Claim> => node.claim({ signal: never });

function ask(subtasks: Request["subtasks"], rest: Partial<Request> = {}): Request {
  return { queryId: "query", client: "alice", priority: 500, subtasks, ...rest };
}

/** Claims and completes so many, and gives their keys in order. */
async function drain(node: Membership, count: number): Promise<readonly string[]> {
  const keys: string[] = [];
  for (let index = 0; index < count; index++) {
    const claim = await claimNext(node);
    keys.push(claim.subtask.key);
    assert.equal(await claim.complete(), true);
  }
  return keys;
}

async function failed(coordinator: Coordinator, key: string) {
  const state = (await coordinator.states([key])).get(key);
  assert.equal(state?.kind, "failed");
  return state.kind === "failed" ? state.failure : assert.fail();
}

export function describeCoordinator(name: string, open: OpenCoordinator): void {
  const check = (claim: string, run: (coordinator: Coordinator, crash: CoordinatorHarness["crash"]) => Promise<void>) =>
    test(`${name}: ${claim}`, async (t) => {
      const { coordinator, crash } = await open(t);
      await run(coordinator, crash);
    });

  check("a subtask goes from unowned to owned to absent, and watchers hear it in order", async (coordinator) => {
    const [subtask] = makeSubtasks(1);
    const { key } = subtask!;
    const heard = listen(coordinator, [key]);
    assert.deepEqual(await coordinator.enqueue(ask([subtask!], { priority: 7 })), { queued: 1, joined: 0 });
    assert.deepEqual([...(await coordinator.states([key, "unknown"]))], [[key, { kind: "unowned" }]]);
    assert.deepEqual(await coordinator.counts(), { unowned: 1, owned: 0, failed: 0 });

    const node = await joinAs(coordinator, "node 1");
    const claim = await claimNext(node);
    assert.deepEqual(claim.subtask, subtask);
    assert.equal(claim.priority, 7);
    assert.deepEqual([...(await coordinator.states([key]))], [[key, { kind: "owned", node: "node 1", loading: true }]]);
    claim.running();
    await heard.count(3);
    assert.deepEqual([...(await coordinator.states([key]))], [[key, { kind: "owned", node: "node 1", loading: false }]]);
    assert.deepEqual(await coordinator.counts(), { unowned: 0, owned: 1, failed: 0 });

    assert.equal(await claim.complete(), true);
    await heard.count(4);
    assert.deepEqual(heard.events, [
      { kind: "unowned", key },
      { kind: "loading", key },
      { kind: "running", key },
      { kind: "done", key },
    ]);
    assert.equal((await coordinator.states([key])).size, 0);
    assert.deepEqual(await coordinator.counts(), { unowned: 0, owned: 0, failed: 0 });
    assert.equal(claim.signal.aborted, false);
  });

  check("a claim ends once: a second complete, fail or release says false and changes nothing", async (coordinator) => {
    await coordinator.enqueue(ask(makeSubtasks(1)));
    const node = await joinAs(coordinator, "node 1");
    const claim = await claimNext(node);
    assert.equal(await claim.release(), true);
    for (const end of [claim.complete, claim.release, () => claim.fail("late")]) assert.equal(await end(), false);
    claim.running();
    assert.deepEqual([...(await coordinator.states(keysOf(makeSubtasks(1)))).values()], [{ kind: "unowned" }]);
  });

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

  check("when the request with the lowest number is withdrawn, the others' counts", async (coordinator) => {
    await coordinator.enqueue(ask(makeSubtasks(1, "a"), { queryId: "a", priority: 300 }));
    await coordinator.enqueue(ask(makeSubtasks(1, "b"), { queryId: "b", priority: 500 }));
    await coordinator.enqueue(ask(makeSubtasks(1, "b"), { queryId: "b", client: "bob", priority: 100 }));
    assert.deepEqual(await coordinator.withdraw("b", "bob"), { interested: 1 });
    const [first] = await drain(await joinAs(coordinator, "node 1"), 1);
    assert.equal(first, makeSubtask(0, "a").key);
  });

  check("claim takes what it prefers within the best priority, and otherwise the first", async (coordinator) => {
    await coordinator.enqueue(ask(makeSubtasks(10, "a"), { queryId: "a", priority: 400 }));
    await coordinator.enqueue(ask(makeSubtasks(10, "b"), { queryId: "b", priority: 500 }));
    const node = await joinAs(coordinator, "node 1");
    const seventh = await node.claim({ signal: never, prefers: ({ partition }) => partition === 7 });
    assert.deepEqual(seventh.subtask, makeSubtask(7, "a"));
    const other = await node.claim({ signal: never, prefers: ({ programKey }) => programKey === "b" });
    assert.deepEqual(other.subtask, makeSubtask(0, "a"));
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
    const stopped = node.claim({ signal: stop.signal });
    stop.abort(new Error("enough"));
    await assert.rejects(stopped, /^Error: enough$/);
    await assert.rejects(node.claim({ signal: stop.signal }), /^Error: enough$/);
    await coordinator.enqueue(ask(makeSubtasks(1)));
    assert.deepEqual(await coordinator.counts(), { unowned: 1, owned: 0, failed: 0 });
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
    assert.deepEqual(await coordinator.counts(), { unowned: 200, owned: 0, failed: 0 });
  });

  check("3,000 subtasks and 4 nodes: each is claimed by one", async (coordinator) => {
    const subtasks = makeSubtasks(3000);
    const nodes = await Promise.all(["a", "b", "c", "d"].map((id) => joinAs(coordinator, id)));
    const stop = new AbortController();
    const claimed: string[] = [];
    const pull = async (node: Membership) => {
      for (;;) {
        const claim = await node.claim({ signal: stop.signal });
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
    assert.deepEqual(await coordinator.counts(), { unowned: 0, owned: 0, failed: 0 });
  });

  check("a query that two clients ask for stays until both withdraw it", async (coordinator) => {
    await coordinator.enqueue(ask(makeSubtasks(3)));
    await coordinator.enqueue(ask(makeSubtasks(3), { client: "bob" }));
    await coordinator.enqueue(ask(makeSubtasks(3), { client: "bob" }));
    assert.deepEqual(await coordinator.withdraw("query", "alice"), { interested: 1 });
    assert.deepEqual(await coordinator.withdraw("query", "alice"), { interested: 1 });
    assert.equal((await coordinator.counts()).unowned, 3);
    assert.deepEqual(await coordinator.withdraw("query", "bob"), { interested: 0 });
    assert.equal((await coordinator.counts()).unowned, 0);
    assert.deepEqual(await coordinator.withdraw("query", "bob"), { interested: 0 });
  });

  check("renew makes a client interested, where the query has live subtasks", async (coordinator) => {
    assert.equal(await coordinator.renew("query", "alice"), false);
    await coordinator.enqueue(ask(makeSubtasks(2)));
    assert.equal(await coordinator.renew("query", "bob"), true);
    assert.deepEqual(await coordinator.withdraw("query", "alice"), { interested: 1 });
    assert.equal((await coordinator.counts()).unowned, 2);
    await drain(await joinAs(coordinator, "node 1"), 2);
    assert.equal(await coordinator.renew("query", "bob"), false);
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
    assert.deepEqual(await coordinator.counts(), { unowned: 0, owned: 0, failed: 0 });
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
      const second = node.claim({ signal: stop.signal });
      assert.equal((await coordinator.counts()).owned, 1);
      assert.equal(await first.fail("stopped as told"), true);
      const claim = await second;
      assert.equal(claim.signal.aborted, false);
      assert.equal(await claim.fail("a real error"), true);
      assert.equal(await (await claimNext(node)).complete(), true);
    },
  );

  check("a claim that completes although it was withdrawn is done", async (coordinator) => {
    const node = await joinAs(coordinator, "node 1");
    await coordinator.enqueue(ask(makeSubtasks(1)));
    const claim = await claimNext(node);
    const heard = listen(coordinator, keysOf(makeSubtasks(1)));
    await coordinator.withdraw("query", "alice");
    assert.equal(await claim.complete(), true);
    await heard.count(2);
    assert.deepEqual(
      heard.events.map(({ kind }) => kind),
      ["withdrawn", "done"],
    );
  });

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
    assert.deepEqual(await coordinator.counts(), { unowned: 1, owned: 0, failed: 1 });
  });

  check("an error that cannot mend fails a subtask at once", async (coordinator) => {
    await coordinator.enqueue(ask(makeSubtasks(1)));
    const claim = await claimNext(await joinAs(coordinator, "node 1"));
    assert.equal(await claim.fail("no such column", { permanent: true }), true);
    assert.deepEqual(await failed(coordinator, claim.subtask.key), { attempts: 1, cause: "no such column" });
    assert.equal(await coordinator.renew("query", "alice"), false);
  });

  check("release does not count as an attempt", async (coordinator) => {
    await coordinator.enqueue(ask(makeSubtasks(1)));
    const node = await joinAs(coordinator, "node 1");
    for (let times = 0; times < mostLostClaims + 1; times++) assert.equal(await (await claimNext(node)).release(), true);
    assert.deepEqual([...(await coordinator.states(keysOf(makeSubtasks(1)))).values()], [{ kind: "unowned" }]);
  });

  check("a node that leaves loses its claims: others get them, and it is told", async (coordinator) => {
    await coordinator.enqueue(ask(makeSubtasks(2)));
    const first = await joinAs(coordinator, "node 1");
    const second = await joinAs(coordinator, "node 2");
    const lost = [await claimNext(first), await claimNext(first)];
    const waiting = first.claim({ signal: never });
    const gained = [claimNext(second), claimNext(second)];
    await Promise.all([first.leave(), assert.rejects(waiting, /node 1.*left/)]);
    for (const claim of lost) {
      assert.equal(claim.signal.aborted, true);
      assert.equal(await claim.complete(), false);
      assert.equal(await claim.fail("late"), false);
    }
    for (const claim of await Promise.all(gained)) assert.equal(await claim.complete(), true);
    await assert.rejects(first.claim({ signal: never }), /node 1.*left/);
    assert.deepEqual(
      (await coordinator.nodes()).map(({ id }) => id),
      ["node 2"],
    );
    await first.leave();
  });

  check(`a subtask fails after ${mostLostClaims} lost claims`, async (coordinator) => {
    await coordinator.enqueue(ask(makeSubtasks(1)));
    for (let times = 1; times <= mostLostClaims; times++) {
      const node = await joinAs(coordinator, `node ${times}`);
      await claimNext(node);
      await node.leave();
    }
    const failure = await failed(coordinator, makeSubtask(0).key);
    assert.equal(failure.attempts, mostLostClaims);
    assert.match(failure.cause, new RegExp(`node ${mostLostClaims}`));
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
    assert.deepEqual(await coordinator.counts(), { unowned: 3, owned: 0, failed: 0 });
    for (let index = 0; index < mostErrors - 1; index++) {
      const claim = await node.claim({ signal: never, prefers: ({ partition }) => partition === 0 });
      await claim.fail("broken");
    }
    assert.equal((await coordinator.counts()).failed, 0);
    await coordinator.withdraw("query", "alice");
    assert.equal((await coordinator.counts()).unowned, 3);
    await coordinator.withdraw("query", "bob");
    assert.deepEqual(await coordinator.counts(), { unowned: 0, owned: 0, failed: 0 });
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

  check("a priority that is none is refused, and nothing queued", async (coordinator) => {
    for (const priority of [-1, 1000, 1.5, Number.NaN]) {
      await assert.rejects(coordinator.enqueue(ask(makeSubtasks(1), { priority })), /priority .* from 0 to 999/);
    }
    assert.equal((await coordinator.counts()).unowned, 0);
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
    assert.deepEqual(await again.counts(), { unowned: 7, owned: 0, failed: 0 });
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

  check("a crash counts as a lost claim for what was owned, and no attempt is forgotten", async (coordinator, crash) => {
    await coordinator.enqueue(ask([makeSubtask(0)], { queryId: "a", priority: 1 }));
    await coordinator.enqueue(ask([makeSubtask(1)], { queryId: "b", priority: 2 }));
    await coordinator.enqueue(ask([makeSubtask(2)], { queryId: "c", priority: 3 }));
    const node = await joinAs(coordinator, "node 1");
    await (await claimNext(node)).fail("first");
    await (await claimNext(node)).fail("second");
    const held = await claimNext(node);
    await (await claimNext(node)).fail("hopeless", { permanent: true });
    assert.equal(held.subtask.partition, 0);
    let again = await crash();
    assert.deepEqual(await failed(again, makeSubtask(1).key), { attempts: 1, cause: "hopeless" });
    for (let times = 2; times <= mostLostClaims; times++) {
      assert.equal((await again.states([makeSubtask(0).key])).get(makeSubtask(0).key)?.kind, "unowned");
      const claim = await claimNext(await joinAs(again, "node 1"));
      assert.equal(claim.subtask.partition, 0);
      // A claim may be handed out a moment before it is written down; this is written after it.
      await again.renew("a", "alice");
      again = await crash();
    }
    const failure = await failed(again, makeSubtask(0).key);
    assert.equal(failure.attempts, mostLostClaims + 2);
    assert.match(failure.cause, /first.*second/);
    assert.deepEqual(await again.counts(), { unowned: 1, owned: 0, failed: 2 });
  });

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
    assert.deepEqual(await again.counts(), { unowned: 0, owned: 0, failed: 0 });
  });
}
