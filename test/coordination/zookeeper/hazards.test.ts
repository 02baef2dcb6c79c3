/** What can go wrong between processes: races, crashes, zombies, a server that dies. It has over 300 lines, for all its cases use the same two servers. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import process from "node:process";
import { type TestContext, test } from "node:test";
import type { SubtaskEvent } from "../../../coordination/coordinator.ts";
import { createZooKeeperCoordinator, type ZooKeeperCoordinator } from "../../../coordination/zookeeper/coordinator.ts";
import { claimPath, createLayout, hashName, subtaskPath } from "../../../coordination/zookeeper/znodes/layout.ts";
import { claimOne, countsOf } from "../../contracts/claim-one.ts";
import { ask, claimNext, drain, joinAs } from "../../contracts/coordinator/harness.ts";
import { runScript } from "../../contracts/run-script.ts";
import { keysOf, listen, makeSubtask, makeSubtasks } from "../../contracts/subtasks.ts";
import { type OwnZooKeeperServer, startZooKeeper, type ZooKeeperVersion } from "../../servers/zookeeper-server.ts";
import { makeTemporaryDirectory } from "../../storage/temporary-directory.ts";
import { until } from "../../support/until.ts";
import { findServers, listBelow, openConnection, openProxy, sessionTimeout, silent, tick } from "./zookeeper-for-tests.ts";

const newRoot = (): string => `/hazard-${randomUUID()}`;

const versions = ["3.9.4", "3.4.14"] as const;
const servers = await findServers("coordinators together on ZooKeeper", versions);
for (const [index, version] of versions.entries()) {
  const server = servers[index];
  if (server) describeHazards(server, version);
}

function describeHazards(server: OwnZooKeeperServer, version: ZooKeeperVersion): void {
  const suite = `coordinators on ${server.name} together`;

  const open = async (t: TestContext, root: string, hosts = server.hosts, timeout = sessionTimeout): Promise<ZooKeeperCoordinator> => {
    const coordinator = await createZooKeeperCoordinator({ hosts, root, sessionTimeout: timeout, log: silent });
    t.after(() => coordinator.close());
    return coordinator;
  };

  /** Everything below the folders of a root, but nodes that are there. */
  const leftovers = async (t: TestContext, root: string): Promise<readonly string[]> => {
    const { session } = await openConnection(t, server.hosts);
    return (
      (await listBelow(session, root))
        .map((path) => path.slice(root.length))
        // Lost claims are on record for a minute.
        .filter((path) => !path.startsWith("/lost/") && path.split("/").length > (/^\/(subtasks|guards)\//.test(path) ? 3 : 2))
    );
  };

  for (const [what, harm, expected] of [
    ["is said to be completed where only the answer was lost", "mute", true],
    ["is not said to be completed where the request was lost", "silence", false],
  ] as const) {
    test(`${suite}: a claim whose session ended meanwhile ${what}`, async (t) => {
      const root = newRoot();
      const proxy = await openProxy(t, server.port);
      const coordinator = await open(t, root, proxy.address);
      const node = await joinAs(coordinator, "node");
      await coordinator.enqueue(ask(makeSubtasks(2)));
      const [claim, other] = [await claimNext(node), await claimNext(node)];
      await claim.begin();
      const { session } = await openConnection(t, server.hosts);
      const layout = createLayout(root);
      const isThere = async (path: string) => (await session.exists(path)) !== undefined;
      proxy[harm]();
      const completing = claim.complete();
      const { key } = claim.subtask;
      if (harm === "mute") await until(async () => !(await isThere(subtaskPath(layout, hashName(key)))));
      proxy.cut();
      await until(async () => !(await isThere(claimPath(layout, hashName(other.subtask.key)))));
      proxy.mend();
      assert.equal(await completing, expected);
      assert.equal(await isThere(subtaskPath(layout, hashName(key))), !expected);
    });
  }

  for (const isBegun of [false, true]) {
    test(`${suite}: a claim ${isBegun ? "that was begun and " : ""}handed back in doubt leaves alone the claim that another made of it meanwhile`, async (t) => {
      const root = newRoot();
      const proxy = await openProxy(t, server.port);
      const [one, two] = await Promise.all([open(t, root, proxy.address, 20_000), open(t, root)]);
      const [node, other] = [await joinAs(one, "node"), await joinAs(two, "other")];
      await one.enqueue(ask(makeSubtasks(1)));
      const claim = await claimNext(node);
      if (isBegun) await claim.begin();
      // The server carries it out, but its answer does not come.
      proxy.mute();
      const releasing = claim.release();
      const again = await claimNext(other);
      proxy.cut();
      proxy.mend();
      assert.equal(await releasing, true);
      const { session } = await openConnection(t, server.hosts);
      assert((await session.exists(claimPath(createLayout(root), hashName(again.subtask.key)))) !== undefined, "the other's claim is gone");
      assert.equal(await again.complete(), true);
      await until(async () => (await one.interest(["query"])).get("query") === 0, "the query to be cleared away");
      await Promise.all([node.leave(), other.leave()]);
      assert.deepEqual(await leftovers(t, root), []);
    });
  }

  test(`${suite}: hazard 1 and 2: done is heard after completing, by every process, and again by one that comes later`, async (t) => {
    const root = newRoot();
    const [one, two, worker] = await Promise.all([open(t, root), open(t, root), open(t, root)]);
    const subtasks = makeSubtasks(30);
    const saved = new Set<string>();
    const early: SubtaskEvent[] = [];
    const heard = [one, two].map((coordinator) => listen(coordinator, keysOf(subtasks)));
    one.watch(new Set(keysOf(subtasks)), (event) => event.kind === "done" && !saved.has(event.key) && early.push(event), t.signal);
    for (const coordinator of [one, two]) assert.equal((await coordinator.states(keysOf(subtasks))).size, 0);
    await one.enqueue(ask(subtasks));
    for (const { count } of heard) await count(30);
    const node = await joinAs(worker, "node");
    for (let index = 0; index < 30; index++) {
      const claim = await claimNext(node);
      saved.add(claim.subtask.key);
      assert.equal(await claim.complete(), true);
    }
    for (const { events } of heard) {
      await until(async () => new Set(events.filter(({ kind }) => kind === "done").map(({ key }) => key)).size === 30);
      assert.equal(events.filter(({ kind }) => kind === "withdrawn").length, 0);
    }
    assert.deepEqual(early, []);
    assert.equal((await two.states(keysOf(subtasks))).size, 0);
  });

  test(`${suite}: hazard 3: dispatchers that queue the same subtasks at once create each once`, async (t) => {
    const root = newRoot();
    const dispatchers = await Promise.all([1, 2, 3, 4].map(() => open(t, root)));
    const subtasks = makeSubtasks(1200);
    const answers = await Promise.all(
      dispatchers.flatMap((dispatcher, index) =>
        ["a", "b"].map((query) => dispatcher.enqueue(ask(subtasks, { queryId: query, client: `client ${index}` }))),
      ),
    );
    assert.equal(
      answers.reduce((sum, { queued }) => sum + queued, 0),
      1200,
    );
    for (const { queued, joined } of answers) assert.equal(queued + joined, 1200);
    assert.deepEqual(await countsOf(dispatchers[0]!), { unowned: 1200, owned: 0, failed: 0 });
  });

  test(`${suite}: hazard 4 and 5: two programs over one partition are two subtasks, and each claim completes its own`, async (t) => {
    const root = newRoot();
    const [dispatcher, worker] = await Promise.all([open(t, root), open(t, root)]);
    await dispatcher.enqueue(ask([makeSubtask(0, "a"), makeSubtask(0, "b")]));
    const node = await joinAs(worker, "node");
    const first = await claimNext(node);
    const second = await claimNext(node);
    assert.equal(await second.complete(), true);
    assert.deepEqual([...(await dispatcher.states([first.subtask.key, second.subtask.key])).keys()], [first.subtask.key]);
    assert.equal(await first.complete(), true);
  });

  test(`${suite}: hazard 6: four processes that race for 800 subtasks claim each once, lose no worker and leave nothing behind`, async (t) => {
    const root = newRoot();
    const dispatcher = await open(t, root);
    const subtasks = makeSubtasks(800);
    const stop = new AbortController();
    const completed: string[] = [];
    let lost = 0;
    const workers = await Promise.all([0, 1, 2, 3].map(async (id) => joinAs(await open(t, root), `node ${id}`)));
    const pulling = workers.flatMap((node) =>
      [0, 1, 2].map(async () => {
        for (;;) {
          const claim = await claimOne(node, { signal: stop.signal });
          if (await claim.complete()) completed.push(claim.subtask.key);
          else lost++;
        }
      }),
    );
    await dispatcher.enqueue(ask(subtasks));
    await until(async () => (await countsOf(dispatcher)).unowned + (await countsOf(dispatcher)).owned === 0);
    stop.abort(new Error("all done"));
    for (const outcome of await Promise.allSettled(pulling)) {
      assert(outcome.status === "rejected");
      assert.match(String(outcome.reason), /all done/);
    }
    assert.equal(new Set(completed).size, completed.length);
    // On a busy machine a session may be lost: a claim that was completed just then may be said to be lost.
    assert(completed.length + lost >= 800, `${completed.length} completed, ${lost} lost`);
    await Promise.all(workers.map((worker) => worker.leave()));
    await until(async () => (await leftovers(t, root)).length === 0);
  });

  test(`${suite}: hazard 7: a subtask whose node was killed while it had it is claimed by another, its loss counted`, async (t) => {
    const root = newRoot();
    const dispatcher = await open(t, root);
    await dispatcher.enqueue(ask(makeSubtasks(1)));
    const child = runScript(new URL("./hold-a-claim.ts", import.meta.url), { parameters: [server.hosts, root, `${sessionTimeout}`] });
    await child.reached(1);
    const node = await joinAs(dispatcher, "node");
    const waiting = claimNext(node);
    child.process.kill("SIGKILL");
    await child.ended;
    const claim = await waiting;
    assert.equal(await claim.fail("an error"), true);
    const again = await claimNext(node);
    assert.equal(await again.fail("hopeless", { permanent: true }), true);
    const read = async () => (await dispatcher.states(keysOf(makeSubtasks(1)))).get(makeSubtask(0).key);
    // Who sees the node die counts its loss a moment later.
    await until(async () => {
      const state = await read();
      return state?.kind === "failed" && state.failure.attempts === 3;
    });
    const state = await read();
    assert(state?.kind === "failed");
    for (const cause of ["node zombie died", "an error", "hopeless"]) assert(state.failure.cause.includes(cause), state.failure.cause);
  });

  test(`${suite}: a node that slept beyond its session timeout does not complete what it lost, and goes on as a node`, async (t) => {
    const root = newRoot();
    const dispatcher = await open(t, root);
    await dispatcher.enqueue(ask(makeSubtasks(1)));
    const child = runScript(new URL("./hold-a-claim.ts", import.meta.url), { parameters: [server.hosts, root, `${sessionTimeout}`] });
    const pid = child.process.pid!;
    // Deno's `ChildProcess.kill` signals once only.
    t.after(() => {
      if (child.process.exitCode === null) process.kill(pid, "SIGKILL");
    });
    await child.reached(1);
    process.kill(pid, "SIGSTOP");
    const node = await joinAs(dispatcher, "node");
    const claim = await claimNext(node);
    process.kill(pid, "SIGCONT");
    await child.reached(2);
    assert.equal(child.lines[1], "completed false, aborted true");
    assert.equal((await dispatcher.states([claim.subtask.key])).get(claim.subtask.key)?.kind, "owned");
    assert.equal(await claim.complete(), true);
    await dispatcher.enqueue(ask([makeSubtask(7)]));
    await node.leave();
    await child.reached(3);
    assert.equal(child.lines[2], "next 7 true");
    assert.equal((await child.ended).errors, "");
  });

  test(`${suite}: a server that is killed and restarted in the middle of work loses nothing and repeats nothing`, async (t) => {
    const own = await startZooKeeper({ directory: await makeTemporaryDirectory(t), tick, version });
    if ("missing" in own) return;
    t.after(() => own.stop());
    const root = newRoot();
    const [dispatcher, worker] = await Promise.all([open(t, root, own.hosts), open(t, root, own.hosts)]);
    const subtasks = makeSubtasks(600);
    await dispatcher.enqueue(ask(subtasks));
    const node = await joinAs(worker, "node");
    const stop = new AbortController();
    const completed: string[] = [];
    const pulling = [0, 1, 2, 3].map(async () => {
      for (;;) {
        const claim = await claimOne(node, { signal: stop.signal });
        if (await claim.complete()) completed.push(claim.subtask.key);
      }
    });
    await until(async () => completed.length > 100);
    own.signal("SIGKILL");
    await own.restart();
    await until(async () => {
      const { unowned, owned } = await countsOf(dispatcher);
      return unowned + owned === 0;
    });
    stop.abort();
    await Promise.allSettled(pulling);
    assert.deepEqual(await countsOf(dispatcher), { unowned: 0, owned: 0, failed: 0 });
    assert.equal(new Set(completed).size, completed.length);
    // Where the session was lost too, up to four were completed without the answer saying so.
    assert(completed.length >= 596, `${completed.length} of 600 were completed`);
  });

  test(`${suite}: while the connection is in doubt nothing is claimed, and it goes on where it was`, async (t) => {
    const root = newRoot();
    const proxy = await openProxy(t, server.port);
    const [dispatcher, worker] = await Promise.all([open(t, root), open(t, root, proxy.address)]);
    const node = await joinAs(worker, "node");
    await dispatcher.enqueue(ask(makeSubtasks(3)));
    const held = await claimNext(node);
    proxy.cut();
    const next = claimNext(node);
    const completing = held.complete();
    proxy.mend();
    assert.equal(await completing, true);
    assert.equal(await (await next).complete(), true);
    await drain(node, 1);
    assert.deepEqual(await countsOf(dispatcher), { unowned: 0, owned: 0, failed: 0 });
  });

  test(`${suite}: withdrawal by one process is heard as such by others, and stops the nodes' claims`, async (t) => {
    const root = newRoot();
    const [one, two, worker] = await Promise.all([open(t, root), open(t, root), open(t, root)]);
    const subtasks = makeSubtasks(20);
    await one.enqueue(ask(subtasks));
    const node = await joinAs(worker, "node");
    const claim = await claimNext(node);
    await two.states(keysOf(subtasks));
    const heard = listen(two, keysOf(subtasks));
    await two.states(keysOf(subtasks));
    const stopped = new Promise((resolve) => claim.signal.addEventListener("abort", resolve));
    assert.deepEqual(await one.withdraw("query", "alice"), { interested: 0 });
    await stopped;
    assert.equal(await claim.release(), true);
    await until(async () => heard.events.filter(({ kind }) => kind === "withdrawn").length === 20);
    assert.equal(
      heard.events.some(({ kind }) => kind === "done"),
      false,
    );
  });

  test(`${suite}: a query is not lost that is asked for while another that shares its subtasks is withdrawn`, async (t) => {
    const root = newRoot();
    const [one, two] = await Promise.all([open(t, root), open(t, root)]);
    const subtasks = makeSubtasks(300);
    for (let round = 0; round < 10; round++) {
      await one.enqueue(ask(subtasks, { queryId: `a ${round}` }));
      await Promise.all([one.withdraw(`a ${round}`, "alice"), two.enqueue(ask(subtasks, { queryId: `b ${round}`, client: "bob" }))]);
      assert.equal((await one.states(keysOf(subtasks))).size, 300, `round ${round}`);
      await two.withdraw(`b ${round}`, "bob");
      assert.equal((await countsOf(one)).unowned, 0);
    }
  });
}
