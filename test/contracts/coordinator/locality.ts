/** Which node gets a subtask: the one that has its columns, if it comes in time. */
import assert from "node:assert/strict";
import type { Coordinator, JoinedNode, Subtask } from "../../../coordination/coordinator.ts";
import { claimOne } from "../claim-one.ts";
import { makeSubtasks } from "../subtasks.ts";
import { ask, type Check, claimNext, joinAs } from "./harness.ts";

const columns = ["Muon_pt", "Muon_eta"];
const count = 20;

const subtasksOf = (program: string): readonly Subtask[] => makeSubtasks(count, program).map((subtask) => ({ ...subtask, columns }));

/** Makes a node complete what it claims and, if it `keeps` columns, hold them from then on. Returns a function that stops it. */
function pull(
  node: JoinedNode,
  { keeps, onDone }: { readonly keeps: boolean; readonly onDone: (subtask: Subtask) => void },
): () => Promise<void> {
  const held = new Set<string>();
  const stop = new AbortController();
  const pulling = (async () => {
    for (let done = 1; ; done++) {
      const { subtask, complete } = await claimOne(node, { signal: stop.signal, prefers: ({ fingerprint }) => held.has(fingerprint) });
      if (keeps) held.add(subtask.fingerprint);
      assert.equal(await complete(), true);
      const figures = { cacheBytes: held.size, running: 0, done, failed: 0 };
      node.report({ ...figures, held: () => [...held].map((fingerprint) => ({ fingerprint, columns })) });
      onDone(subtask);
    }
  })();
  return async () => {
    stop.abort(new Error("enough"));
    await assert.rejects(pulling, /enough/);
  };
}

export function checkLocality(check: Check): void {
  const leaves = async (coordinator: Coordinator) => {
    const done = { first: 0, second: 0 };
    let arrived = () => {};
    const run = async (program: string) => {
      done.first = 0;
      done.second = 0;
      const all = new Promise<void>((resolve) => {
        arrived = () => done.first + done.second === count && resolve();
      });
      await coordinator.enqueue(ask(subtasksOf(program), { queryId: program }));
      await all;
    };
    const follow = (name: keyof typeof done) => () => {
      done[name]++;
      arrived();
    };
    const stops = [pull(await joinAs(coordinator, "first"), { keeps: true, onDone: follow("first") })];
    await run("alone");
    assert.deepEqual(done, { first: count, second: 0 });
    // Other nodes hear within a second or two what a node holds.
    const second = await joinAs(coordinator, "second");
    stops.push(pull(second, { keeps: false, onDone: follow("second") }));
    for (let round = 0, end = performance.now() + 60_000; ; round++) {
      await run(`round ${round}`);
      if (done.second === 0) break;
      assert(performance.now() < end, `the second node took ${done.second} of ${count} that the first one holds`);
    }
    await Promise.all(stops.map((stop) => stop()));
  };
  // On a busy machine the one that holds them may take its time.
  const choices = { localityDelay: 60_000 };
  check("a node leaves to another what that one holds, also for programs that nobody has run", leaves, choices);

  check("what a node that holds it does not take goes to another, after a delay", async (coordinator) => {
    const first = await joinAs(coordinator, "first");
    const held = () => subtasksOf("any").map(({ fingerprint }) => ({ fingerprint, columns }));
    first.report({ cacheBytes: 1, running: 0, done: 0, failed: 0, held });
    const second = await joinAs(coordinator, "second");
    await coordinator.enqueue(ask(subtasksOf("new")));
    for (let index = 0; index < count; index++) assert.equal(await (await claimNext(second)).complete(), true);
  });
}
