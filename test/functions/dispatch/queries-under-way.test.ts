import assert from "node:assert/strict";
import { test } from "node:test";
import { mostTaken } from "../../../coordination/queue/waiting-order.ts";
import { createAdmission } from "../../../functions/admission/admission.ts";
import { usualLimits } from "../../../functions/admission/limits.ts";
import type { FollowedQuery } from "../../../functions/dispatch/follow/followed-query.ts";
import { QueriesUnderWay } from "../../../functions/dispatch/queries-under-way.ts";
import { HttpProblem } from "../../../functions/http/problem.ts";
import { openApp } from "../../support/open-app.ts";
import { until } from "../../support/until.ts";

const many = 50;

test("QueriesUnderWay refuses what would wait for long at the pace of the last seconds, though nobody has waited for long yet", async (t) => {
  const { services } = await openApp(t);
  const admission = createAdmission({ limits: { ...usualLimits, longestWait: 5_000 } });
  const underWay = new QueriesUnderWay(services, admission);
  /** The part of a query's progress that is used here; it never changes by itself. */
  const makeProgress = () => ({
    partitions: {
      counts: { total: 200, absent: 0, waiting: 100, loading: 1, running: 0, merging: 0, done: 0, failed: 0 },
      failures: new Map(),
    },
    lacksNodes: false,
    interestedIn: () => 1,
    changeAfter: () => new Promise(() => undefined),
  });
  const all: ReturnType<typeof makeProgress>[] = [];
  const ask = async (client: string, priority = 500) => {
    using ticket = underWay.admit({ id: client, client, priority, planBytes: 1 });
    const progress = makeProgress();
    all.push(progress);
    ticket.accept({ progress } as unknown as FollowedQuery);
  };
  for (let index = 0; index < many; index++) await ask(`client ${index}`);
  await ask("before the pace is known");
  // A second later the pace is that at which all turns take eight seconds.
  const turns = (many + 1) * mostTaken;
  await new Promise((resolve) => setTimeout(resolve, 1_100));
  for (const progress of all) progress.partitions.counts.done += turns / 8 / all.length;
  await assert.rejects(ask("late"), (error) => {
    assert(error instanceof HttpProblem && error.status === 503, `${error}`);
    assert.match(error.message, /wait for about \d+ s/);
    return true;
  });
  await ask("urgent", 100);
  for (const progress of all) progress.partitions.counts.waiting = 1;
  await new Promise((resolve) => setTimeout(resolve, 50));
  await ask("late");
});

test("QueriesUnderWay refuses a crowd that keeps others waiting, however few queries there are, and lets the others in", async (t) => {
  const { services } = await openApp(t);
  const underWay = new QueriesUnderWay(services, createAdmission({ limits: { ...usualLimits, longestWait: 1 } }));
  const admit = (client: string, address: string) => underWay.admit({ id: client, client, address, priority: 500, planBytes: 1 });
  admit("alice", "10.0.0.2");
  for (let index = 0; index < 4; index++) admit(`name ${index}`, "10.0.0.1");
  await until(() => {
    try {
      admit("one more", "10.0.0.1")[Symbol.dispose]();
      return false;
    } catch (error) {
      assert(error instanceof HttpProblem && error.status === 429, `${error}`);
      return true;
    }
  });
  admit("bob", "10.0.0.3");
});
