import assert from "node:assert/strict";
import { test } from "node:test";
import { type DemoEvents, generateEvents } from "../../../datasets/demo/generate-events.ts";

const entries = 40_000;
const events = generateEvents(1, entries);

const countsOf = (offsets: Uint32Array) => Array.from(offsets.subarray(0, -1), (start, entry) => offsets[entry + 1]! - start);

/** Invariant masses of the opposite-charge pairs of events with two muons, from what the columns hold. */
function dimuonMasses({ muonOffsets, muonPt, muonEta, muonPhi, muonMass, muonCharge }: DemoEvents): number[] {
  const vector = (muon: number) => {
    const [pt, eta, phi, mass] = [muonPt[muon]!, muonEta[muon]!, muonPhi[muon]!, muonMass[muon]!];
    const pz = pt * Math.sinh(eta);
    return [pt * Math.cos(phi), pt * Math.sin(phi), pz, Math.sqrt(pt * pt + pz * pz + mass * mass)] as const;
  };
  const masses: number[] = [];
  countsOf(muonOffsets).forEach((count, entry) => {
    const first = muonOffsets[entry]!;
    if (count !== 2 || muonCharge[first] === muonCharge[first + 1]) return;
    const [a, b] = [vector(first), vector(first + 1)];
    masses.push(Math.sqrt(Math.max(0, (a[3] + b[3]) ** 2 - (a[0] + b[0]) ** 2 - (a[1] + b[1]) ** 2 - (a[2] + b[2]) ** 2)));
  });
  return masses;
}

test("generateEvents gives the same events for a seed, and others for another", () => {
  const again = generateEvents(1, 100);
  assert.deepEqual(again.muonPt, generateEvents(1, 100).muonPt);
  assert.deepEqual(again.metPt, events.metPt.subarray(0, 100), "an event does not depend on how many follow");
  assert.notDeepEqual(again.metPt, generateEvents(2, 100).metPt);
});

test("generateEvents makes mostly two muons of opposite charge, sorted and within acceptance", () => {
  const counts = countsOf(events.muonOffsets);
  const share = (muons: number) => counts.filter((count) => count === muons).length / entries;
  assert(share(2) > 0.8 && share(1) > 0.03 && share(3) > 0.03 && share(4) > 0.01);
  assert(events.muonPt.every((pt) => pt >= 3));
  assert(events.muonEta.every((eta) => Math.abs(eta) <= 2.4));
  assert(events.muonPhi.every((phi) => Math.abs(phi) <= Math.fround(Math.PI)));
  assert(events.muonCharge.every((charge) => Math.abs(charge) === 1));
  counts.forEach((count, entry) => {
    for (let muon = events.muonOffsets[entry]! + 1; muon < events.muonOffsets[entry]! + count; muon++) {
      assert(events.muonPt[muon]! <= events.muonPt[muon - 1]!);
    }
  });
  const opposite = dimuonMasses(events).length / (share(2) * entries);
  assert(opposite > 0.9 && opposite < 0.99, `${opposite} of the pairs have opposite charges`);
});

for (const [name, mass, halfWidth, beside, least] of [
  ["J/ψ", 3.0969, 0.06, 2.9, 10],
  ["ψ(2S)", 3.6861, 0.07, 3.9, 1.5],
  ["Υ(1S)", 9.4604, 0.12, 9.05, 3],
  ["Υ(2S)", 10.0234, 0.1, 9.74, 1.5],
  ["Υ(3S)", 10.3551, 0.1, 10.7, 1.5],
  ["Z", 91.188, 4, 75, 10],
] as const) {
  test(`generateEvents shows the ${name} over its surroundings`, () => {
    const masses = dimuonMasses(events);
    const about = (centre: number) => masses.filter((m) => Math.abs(m - centre) < halfWidth).length;
    assert(about(mass) > least * about(beside), `${about(mass)} in the peak, ${about(beside)} beside it`);
  });
}

test("generateEvents makes falling jets, missing energy and weights near one of either sign", () => {
  assert(events.jetPt.every((pt) => pt >= 20 && pt <= 1500));
  assert(events.jetEta.every((eta) => Math.abs(eta) < 4.71));
  assert(events.metPt.every((pt) => pt > 0 && Number.isFinite(pt)));
  const negative = events.genWeight.filter((weight) => weight < 0).length / entries;
  assert(negative > 0.02 && negative < 0.04);
  assert(events.genWeight.every((weight) => Math.abs(Math.abs(weight) - 1) < 0.4));
  assert(countsOf(events.jetOffsets).some((count) => count === 0));
});
