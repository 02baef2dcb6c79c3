import assert from "node:assert/strict";
import { test } from "node:test";
import { quantiles } from "../../../../loadtest/queries/kinds.ts";
import { drawReport } from "../../../../loadtest/runner/report/draw-report.ts";
import { renderPage } from "../../../../loadtest/runner/report/page.ts";
import { latencyAt, readSummary, type Summary } from "../../../../loadtest/runner/report/report.ts";

const run = {
  scenario: "repeat",
  target: "a <server>",
  started: "2026-01-02T03:04:05.000Z",
  seconds: 30,
  rate: 100,
  throughput: [
    { second: 1, perSecond: 99 },
    { second: 2, perSecond: 101 },
  ],
  machine: { cores: 2, loadBefore: 0.5, loadAfter: 1.5 },
  faults: [],
  mayDrop: false,
} as const;

const trend = (scale: number) =>
  Object.fromEntries([["min", 0.1], ["avg", scale / 2], ["max", 2 * scale], ...quantiles.map((each) => [`p(${each})`, scale * each])]);

function summaryOf(
  counts: { wrong?: number; refused?: number; failed?: number; dropped?: number; ok?: boolean; answers?: number } = {},
): Summary {
  const of = (name: string) => `${name}{kind:repeat}`;
  return {
    metrics: {
      [of("time_to_complete")]: { values: trend(0.25), thresholds: { "p(99)<=20": { ok: counts.ok ?? true } } },
      [of("time_to_first_histogram")]: { values: trend(0.125), thresholds: { "min>=0": { ok: true } } },
      [of("answers")]: { values: { count: counts.answers ?? 3000 } },
      [of("wrong_answers")]: { values: { count: counts.wrong ?? 0 } },
      [of("refused_answers")]: { values: { count: counts.refused ?? 0 } },
      [of("failed_answers")]: { values: { count: counts.failed ?? 0 } },
      "dropped_iterations{scenario:repeat}": { values: { count: counts.dropped ?? 0 } },
    },
  };
}

test("readSummary takes counts, latencies and limits of each kind from what k6 sums up", () => {
  const report = readSummary(summaryOf(), run);
  assert.equal(report.kept, true);
  const [kind] = report.kinds;
  assert.deepEqual([kind!.kind, kind!.answers, kind!.limits], ["repeat", 3000, [{ limit: "p(99)<=20", kept: true }]]);
  assert.equal(latencyAt(kind!.complete!, 95), 0.25 * 95);
  assert.equal(latencyAt(kind!.first!, 50), 0.125 * 50);
});

for (const counts of [{ wrong: 1 }, { refused: 1 }, { failed: 1 }, { dropped: 1 }, { ok: false }, { answers: 0 }]) {
  test(`readSummary does not call a run kept with ${JSON.stringify(counts)}`, () => {
    assert.equal(readSummary(summaryOf(counts), run).kept, false);
  });
}

test("readSummary calls a run kept whose questions may be dropped, but not where all are", () => {
  assert.equal(readSummary(summaryOf({ dropped: 3 }), { ...run, mayDrop: true }).kept, true);
  assert.equal(readSummary(summaryOf({ dropped: 3, answers: 0 }), { ...run, mayDrop: true }).kept, false);
});

test("drawReport has the figures of a kind in one line and says what broke", () => {
  const kept = drawReport(readSummary(summaryOf(), run));
  assert.match(kept, /^repeat +100 +3000 +0 +0 +0 +0 +6\.3 +12\.5 +23\.8 +24\.8 +0\.5 +p99 ≤ 20 ms$/m);
  assert.match(kept, /All limits kept/);
  const broken = drawReport(readSummary(summaryOf({ ok: false }), { ...run, faults: ["wrong answer to repeat: bin 3"] }));
  assert.match(broken, /p99 ≤ 20 ms BROKEN/);
  assert.match(broken, /wrong answer to repeat: bin 3/);
});

test("renderPage is one file: no script, nothing from elsewhere, text escaped, charts of latency and throughput", () => {
  const report = readSummary(summaryOf(), run);
  const page = renderPage({ report, trials: [report, { ...report, rate: 200, kept: false }] });
  assert.doesNotMatch(page, /<script|<link|src=|@import/);
  assert.ok(page.includes("a &lt;server&gt;") && !page.includes("a <server>"));
  assert.equal(page.match(/<svg/g)?.length, 3);
  assert.match(page, /Knee: 100 queries\/s keep the limits, 200\/s breaks them; 70 % of it is 70\./);
});
