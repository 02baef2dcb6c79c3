import assert from "node:assert/strict";
import { test } from "node:test";
import { type Resting, restBetweenEvents } from "../../../../functions/dispatch/answer/rest-between-events.ts";
import { AwaitedVersion } from "../../../../functions/dispatch/follow/awaited-version.ts";
import type { PartitionCounts } from "../../../../functions/dispatch/query-state.ts";

/** Milliseconds: nothing here may wait for them. */
const anHour = 3_600_000;
const never = new AbortController().signal;

function open(total: number) {
  const version = new AwaitedVersion();
  const counts = { total, absent: 0, waiting: total, loading: 0, running: 0, merging: 0, done: 0, failed: 0 };
  const progress = {
    partitions: { counts: counts as PartitionCounts },
    interestedIn: () => 1,
    get version() {
      return version.number;
    },
    changeAfter: (number: number, signal: AbortSignal) => version.after(number, signal),
  };
  const finish = (count: number) => {
    counts.waiting -= count;
    counts.done += count;
    version.grow();
  };
  const run = () => {
    counts.waiting--;
    counts.running++;
    version.grow();
  };
  return { resting: { query: { id: "q" }, progress } as unknown as Resting, finish, run };
}

/** Whether the rest has ended once everything that is under way was handled. */
async function hasEnded(rest: Promise<void>): Promise<boolean> {
  let ended = false;
  void rest.then(() => {
    ended = true;
  });
  await new Promise((resolve) => setImmediate(resolve));
  return ended;
}

test("restBetweenEvents ends with the first finished partition, and not because others begin", async () => {
  const { resting, finish, run } = open(4);
  const rest = restBetweenEvents(resting, { milliseconds: anHour, hadNone: true, gone: never });
  run();
  assert.equal(await hasEnded(rest), false);
  finish(1);
  await rest;
});

test("restBetweenEvents goes on when further partitions are finished, and ends with the query", async () => {
  const { resting, finish } = open(3);
  finish(1);
  const rest = restBetweenEvents(resting, { milliseconds: anHour, hadNone: false, gone: never });
  finish(1);
  assert.equal(await hasEnded(rest), false);
  finish(1);
  await rest;
});

test("restBetweenEvents ends when its time is over, or the client has gone", async () => {
  const { resting } = open(3);
  await restBetweenEvents(resting, { milliseconds: 1, hadNone: true, gone: never });
  await restBetweenEvents(resting, { milliseconds: anHour, hadNone: true, gone: AbortSignal.abort() });
});
