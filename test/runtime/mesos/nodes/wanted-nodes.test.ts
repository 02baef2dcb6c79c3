import assert from "node:assert/strict";
import { test } from "node:test";
import { type Measures, measureWork, nothingMeasured } from "../../../../runtime/mesos/nodes/measured-work.ts";
import { decideNodes, usualSettle, type Wanted } from "../../../../runtime/mesos/nodes/wanted-nodes.ts";
import { type Seeded, seeded } from "../../../support/seeded.ts";

const threads = 2;
const idle = 300_000;
const everySecond = 1_000;
/** Seconds until a node that is wanted is there. */
const launch = 5;

interface Moment {
  readonly at: number;
  readonly count: number;
  readonly subtasks: number;
  /** Seconds for which the oldest subtask waits. */
  readonly wait: number;
}

interface Load {
  /** Subtasks that arrive in this second. */
  readonly arrivals: (second: number) => number;
  /** Seconds of a thread that a subtask takes. */
  readonly cost: number;
  readonly seconds: number;
  readonly least?: number;
  readonly most?: number;
}

/** A cluster whose nodes come `launch` after they are wanted and go at once; second by second. */
function simulate({ arrivals, cost, seconds, least = 0, most = 50 }: Load): readonly Moment[] {
  const queue: number[] = [];
  const running: { left: number; node: number }[] = [];
  const ready: number[] = [];
  const done: number[] = [];
  let measures: Measures = nothingMeasured;
  let wanted: Wanted | undefined;
  return Array.from({ length: seconds }, (_, second) => {
    for (let each = arrivals(second); each > 0; each--) queue.push(second);
    while (ready.length < (wanted?.count ?? least)) {
      done[ready.length] = 0;
      ready.push(second + launch);
    }
    ready.length = Math.min(ready.length, wanted?.count ?? least);
    for (const run of running.splice(0)) {
      if (run.node >= ready.length) queue.unshift(second);
      else if (run.left > 1) running.push({ ...run, left: run.left - 1 });
      else done[run.node]!++;
    }
    const nodes = ready.map((since, node) => ({ since, node })).filter(({ since }) => since <= second);
    for (const { node } of nodes) {
      for (let free = threads - running.filter((run) => run.node === node).length; free > 0; free--) {
        // Shorter than a second: several in one.
        for (let budget = 1; budget > 0 && queue.length > 0; budget -= cost) {
          queue.shift();
          if (cost >= 1) running.push({ left: cost, node });
          else done[node]!++;
        }
      }
    }
    const at = second * everySecond;
    const busyOf = (node: number) => (cost >= 1 ? running.filter((run) => run.node === node).length : queue.length > 0 ? threads : 1);
    measures = measureWork(measures, {
      at,
      demand: queue.length + running.length > 0 ? [{ dataset: "d", columns: ["x"], unowned: queue.length, owned: running.length }] : [],
      nodes: nodes.map(({ node }) => ({ id: `${node}`, threads, running: busyOf(node), done: done[node]! })),
    });
    wanted = decideNodes(wanted, { ...measures.work, otherThreads: 0 }, { now: at, least, most, threads, idle });
    return { at, count: wanted.count, subtasks: queue.length + running.length, wait: queue.length > 0 ? second - queue[0]! : 0 };
  });
}

const changesOf = (moments: readonly Moment[]): readonly number[] =>
  moments.filter(({ count }, index) => index > 0 && count !== moments[index - 1]!.count).map(({ at }) => at);

function poisson(mean: number, random: Seeded): number {
  let count = 0;
  for (let product = random.fraction(); product > Math.exp(-mean); product *= random.fraction()) count++;
  return count;
}

/** Two hours of constant loads, from one subtask in ten seconds to twenty in a second, of 1 to 20 seconds. */
const constantLoads = Array.from({ length: 7 }, (_, index) => {
  const random = seeded(index + 1);
  const cost = Math.ceil(20 ** random.fraction());
  const rate = Math.min(0.1 * 200 ** random.fraction(), 40 / cost);
  const moments = simulate({ arrivals: () => poisson(rate, random), cost, seconds: 7_200 });
  return { rate, cost, moments, what: `${rate} a second of ${cost} s` };
});

test("decideNodes changes at constant load at most once in ten minutes, once the load has been constant for ten", () => {
  for (const { moments, what } of constantLoads) {
    const changes = changesOf(moments).filter((at) => at >= usualSettle);
    const gaps = changes.slice(1).map((at, index) => at - changes[index]!);
    assert.ok(
      gaps.every((gap) => gap >= usualSettle),
      `${what}: changes at ${changes}`,
    );
  }
});

test("decideNodes gives a constant load so many nodes that nobody waits for a minute", () => {
  for (const { moments, cost, what } of constantLoads) {
    const late = moments.filter(({ at, wait }) => at > 1_200_000 && wait > 60 + cost);
    assert.equal(late.length, 0, `${what}: waits of ${late.map(({ wait }) => wait)}`);
  }
});

test("decideNodes wants no more nodes for a constant load than twice what it keeps busy, and one", () => {
  for (const { moments, rate, cost, what } of constantLoads) {
    const busy = (rate * cost) / threads;
    assert.ok(moments.at(-1)!.count <= 2 * busy * (1 + cost / 30) + 2, `${what}: ${moments.at(-1)!.count} nodes`);
  }
});

test("decideNodes wants a node in the same look where somebody waits and there is none", () => {
  const moments = simulate({ arrivals: (second) => (second === 100 ? 1 : 0), cost: 3, seconds: 200 });
  assert.equal(moments[99]!.count, 0);
  assert.equal(moments[100]!.count, 1);
});

test("decideNodes goes back to the least when nobody has asked for the idle time", () => {
  for (const least of [0, 2]) {
    const moments = simulate({ arrivals: (second) => (second < 60 ? 20 : 0), cost: 5, seconds: 3_000, least });
    const last = moments.findLast(({ subtasks }) => subtasks > 0)!;
    const back = moments.find(({ at }) => at >= last.at + idle)!;
    assert.ok(moments.some(({ count }) => count > least));
    assert.ok(moments.filter(({ at }) => at < back.at && at > last.at).every(({ count }) => count > least));
    assert.ok(moments.filter(({ at }) => at >= back.at).every(({ count }) => count === least));
  }
});

test("decideNodes stays between the least and the most, whatever is asked", () => {
  for (let seed = 1; seed <= 10; seed++) {
    const random = seeded(seed);
    const arrivals = () => (random.fraction() < 0.02 ? Math.floor(500 * random.fraction()) : 0);
    const moments = simulate({ arrivals, cost: 1 + Math.floor(10 * random.fraction()), seconds: 2_000, least: 1, most: 7 });
    assert.ok(moments.every(({ count }) => count >= 1 && count <= 7));
    assert.ok(moments.some(({ count }) => count === 7));
  }
});

test("decideNodes wants no node of its own where those of others suffice", () => {
  const work = { subtasks: 3, backlog: 3, arriving: 0.5, otherThreads: 8 };
  assert.equal(decideNodes(undefined, work, { now: 0, least: 0, most: 5, threads, idle }).count, 0);
});

test("decideNodes wants no more threads than there are subtasks", () => {
  const work = { subtasks: 4, backlog: 4_000, arriving: 0, otherThreads: 0 };
  assert.equal(decideNodes(undefined, work, { now: 0, least: 0, most: 50, threads, idle }).count, 2);
});

test("measureWork learns what a subtask costs by what it reads", () => {
  const slow = { dataset: "d", columns: ["slow"], unowned: 10, owned: 2 };
  const quick = { dataset: "d", columns: ["quick"], unowned: 10, owned: 2 };
  let measures = nothingMeasured;
  for (let second = 0; second <= 100; second++) {
    measures = measureWork(measures, {
      at: second * 1_000,
      demand: [slow],
      nodes: [{ id: "a", threads: 2, running: 2, done: Math.floor(second / 10) }],
    });
  }
  for (let second = 101; second <= 200; second++) {
    measures = measureWork(measures, {
      at: second * 1_000,
      demand: [quick],
      nodes: [{ id: "a", threads: 2, running: 2, done: 10 + (second - 100) * 20 }],
    });
  }
  const look = { at: 200_000, nodes: [] };
  const slowly = measureWork(measures, { ...look, demand: [slow] }).work.backlog;
  const quickly = measureWork(measures, { ...look, demand: [quick] }).work.backlog;
  assert.ok(Math.abs(slowly / 12 - 20) < 3, `${slowly / 12} s`);
  assert.ok(Math.abs(quickly / 12 - 0.1) < 0.02, `${quickly / 12} s`);
});
