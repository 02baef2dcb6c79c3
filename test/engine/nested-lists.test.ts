/** Lists in lists have the same operators one level deeper. Expressions must give what JavaScript makes of the objects. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { makeDataset } from "../support/engine/in-memory-dataset.ts";
import { fillOnce, runQuery } from "../support/engine/run-query.ts";
import { seeded } from "../support/seeded.ts";

const random = seeded(5);
const listOf = <Made>(most: number, make: () => Made): Made[] => Array.from({ length: random.below(most + 1) }, make);
const small = () => random.below(40);

/** Jets with tracks, which have hits; a plain list of lists; some of all are empty. */
const events = Array.from({ length: 300 }, (_, entry) => ({
  entry,
  Jet: listOf(4, () => ({ pt: small(), Track: listOf(4, () => ({ pt: small(), hit: listOf(3, small) })) })),
  Muon: listOf(3, () => ({ pt: small(), jet: random.below(6) - 1 })),
  grid: listOf(3, () => listOf(3, small)),
}));
const dataset = makeDataset(events);
type Event = (typeof events)[number];

/** Counts what a list of each event fills, in bins of width 1. */
function countsOf(values: (event: Event) => readonly (number | undefined)[]): readonly number[] {
  const counts = new Array<number>(202).fill(0);
  for (const value of events.flatMap(values)) if (value !== undefined) counts[Math.min(value, 200) + 1]++;
  return counts;
}

const filled = (value: string, define: object = {}) =>
  fillOnce({ axes: [{ type: "regular", bins: 200, lower: 0, upper: 200, value }] }, dataset, { define });

const cases: readonly (readonly [text: string, reference: (event: Event) => readonly (number | undefined)[]])[] = [
  ["Jet.map(j => j.Track.length)", ({ Jet }) => Jet.map((j) => j.Track.length)],
  ["Jet.map(j => j.Track.sum(t => t.pt))", ({ Jet }) => Jet.map((j) => j.Track.reduce((sum, t) => sum + t.pt, 0))],
  ["Jet.map(j => j.Track.filter(t => t.pt > j.pt).length)", ({ Jet }) => Jet.map((j) => j.Track.filter((t) => t.pt > j.pt).length)],
  ["Jet.filter(j => j.Track.some(t => t.pt > 30)).pt", ({ Jet }) => Jet.filter((j) => j.Track.some((t) => t.pt > 30)).map((j) => j.pt)],
  ["Jet.map(j => j.Track.map(t => t.hit.length).sum())", ({ Jet }) => Jet.map((j) => j.Track.flatMap((t) => t.hit).length)],
  [
    "Jet.map(j => j.Track.sum(t => t.hit.filter((h, i) => h > t.pt && i < 2).length))",
    ({ Jet }) => Jet.map((j) => j.Track.flatMap((t) => t.hit.filter((h, i) => h > t.pt && i < 2)).length),
  ],
  ["Jet.map(j => j.Track.pairs().length)", ({ Jet }) => Jet.map((j) => (j.Track.length * (j.Track.length - 1)) / 2)],
  [
    "Jet.Track.pairs().map((a, b) => a.length + b.filter(t => t.pt > 10).length)",
    ({ Jet }) => Jet.flatMap((a, i) => Jet.slice(i + 1).map((b) => a.Track.length + b.Track.filter((t) => t.pt > 10).length)),
  ],
  [
    "grid.cross(Jet.Track).filter((row, tracks) => row.length > tracks.length).map((row, tracks) => row.length + tracks.length)",
    ({ grid, Jet }) => grid.flatMap((row) => Jet.filter((j) => row.length > j.Track.length).map((j) => row.length + j.Track.length)),
  ],
  ["Jet.map(j => j.Track[1].pt)", ({ Jet }) => Jet.map((j) => j.Track[1]?.pt)],
  [
    "Jet.map(j => j.Track.filter(t => t.pt > 10)[0].hit.length ?? 0)",
    ({ Jet }) => Jet.map((j) => j.Track.find((t) => t.pt > 10)?.hit.length ?? 0),
  ],
  ["Muon.map(m => Jet[m.jet].Track.length)", ({ Jet, Muon }) => Muon.map((m) => Jet[m.jet]?.Track.length)],
  ["Jet.Track.map(tracks => tracks.length)", ({ Jet }) => Jet.map((j) => j.Track.length)],
  ["Jet_Track_pt.map(pts => pts.max() ?? 0)", ({ Jet }) => Jet.map((j) => Math.max(0, ...j.Track.map((t) => t.pt)))],
  [
    "Jet_Track_hit.map(tracks => tracks.map(hits => hits.sum()).sum())",
    ({ Jet }) => Jet.map((j) => j.Track.flatMap((t) => t.hit).reduce((sum, h) => sum + h, 0)),
  ],
  ["grid.map(row => row.length)", ({ grid }) => grid.map((row) => row.length)],
  [
    "grid.map((row, i) => row.map((cell, k) => cell > 20 ? i + k : 0).sum())",
    ({ grid }) => grid.map((row, i) => row.reduce((sum, cell, k) => sum + (cell > 20 ? i + k : 0), 0)),
  ],
];

for (const [text, reference] of cases) {
  test(`${text} is what JavaScript makes of it`, () => assert.deepEqual(filled(text), countsOf(reference)));
}

test("filling from lists in lists does not depend on where partitions begin", () => {
  const histograms = { h: { axes: [{ type: "regular", bins: 50, lower: 0, upper: 100, value: "Jet.map(j => j.Track.sum(t => t.pt))" }] } };
  const whole = runQuery({ histograms }, dataset).histogram("h");
  assert.deepEqual(runQuery({ histograms }, dataset, { split: [1, 17, 250] }).histogram("h"), whole);
});
