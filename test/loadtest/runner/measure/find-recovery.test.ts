import assert from "node:assert/strict";
import { test } from "node:test";
import { findRecovery, levelOf } from "../../../../loadtest/runner/measure/find-recovery.ts";
import type { Probe } from "../../../../loadtest/runner/measure/probe.ts";

/** Ten questions a second for a minute; the overload is from 20 s to 30 s. */
const probesOf = (answer: (second: number) => { milliseconds: number; status?: number }): readonly Probe[] =>
  Array.from({ length: 600 }, (_, index) => {
    const second = index / 10;
    return { kind: "stored", second, status: 200, ...answer(second) };
  });

const times = { kind: "stored", begin: 20, end: 30, until: 60 } as const;

test("findRecovery is the moment from which all of three seconds is as before", () => {
  const { calm, seconds } = findRecovery(
    probesOf((second) => ({ milliseconds: second >= 20 && second < 34 ? 500 : 5 })),
    times,
  );
  assert.deepEqual(calm, { p50: 5, p99: 5, asked: 200, unanswered: 0 });
  assert.equal(seconds, 4);
});

test("findRecovery is 0 where the overload was not felt after its end", () => {
  assert.equal(
    findRecovery(
      probesOf((second) => ({ milliseconds: second >= 20 && second < 30 ? 500 : 5 })),
      times,
    ).seconds,
    0,
  );
});

test("findRecovery does not take a refused question, or a lull of less than three seconds, for recovery", () => {
  const refused = probesOf((second) => ({ milliseconds: 1, status: second >= 20 && second < 37 ? 503 : 200 }));
  assert.equal(findRecovery(refused, times).seconds, 7);
  const lull = probesOf((second) => ({ milliseconds: second >= 20 && second < 45 && !(second >= 32 && second < 34) ? 500 : 5 }));
  assert.equal(findRecovery(lull, times).seconds, 15);
});

test("findRecovery is undefined where it never comes, and where nothing was asked", () => {
  assert.equal(
    findRecovery(
      probesOf((second) => ({ milliseconds: second < 20 ? 5 : 500 })),
      times,
    ).seconds,
    undefined,
  );
  assert.equal(findRecovery([], times).seconds, undefined);
});

test("findRecovery looks at one kind of question", () => {
  const slow: readonly Probe[] = probesOf(() => ({ milliseconds: 5000 })).map((probe) => ({ ...probe, kind: "new" }));
  assert.equal(findRecovery([...slow, ...probesOf(() => ({ milliseconds: 5 }))], times).seconds, 0);
});

test("levelOf counts those without an answer apart from latency", () => {
  const probes = probesOf((second) => (second < 30 ? { milliseconds: 2 } : { milliseconds: 900, status: 0 }));
  assert.deepEqual(levelOf(probes), { p50: 2, p99: 2, asked: 600, unanswered: 300 });
});
