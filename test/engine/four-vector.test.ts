import assert from "node:assert/strict";
import { test } from "node:test";
import { makeDataset, type PlainEvent } from "../support/engine/in-memory-dataset.ts";
import { runQuery } from "../support/engine/run-query.ts";
import { seeded } from "../support/seeded.ts";

/** The finite values of an expression for the events. */
function valuesOf(value: string, events: readonly PlainEvent[]): readonly number[] {
  const numbered = makeDataset(events.map((event, entry) => ({ ...event, entry })));
  const axis = { type: "regular", bins: events.length, lower: 0, upper: events.length, value: "entry" };
  return Array.from(runQuery({ histograms: { h: { axes: [axis], weight: value } } }, numbered).histogram("h").contents.values).slice(1, -1);
}

function assertClose(actual: readonly number[], expected: readonly number[], tolerance: number, what: string): void {
  for (const [index, value] of expected.entries()) {
    const scale = Math.max(Math.abs(value), 1e-6);
    assert(Math.abs(actual[index] - value) <= tolerance * scale, `${what}: ${actual[index]} is not ${value}`);
  }
}

const random = seeded(31);
const uniform = (lower: number, upper: number) => lower + random.fraction() * (upper - lower);
const polar = Array.from({ length: 200 }, () => ({
  pt: uniform(1, 100),
  eta: uniform(-3, 3),
  phi: uniform(-Math.PI, Math.PI),
  mass: uniform(0.1, 20),
}));
const inCartesian = polar.map(({ pt, eta, phi, mass }) => {
  const [px, py, pz] = [pt * Math.cos(phi), pt * Math.sin(phi), pt * Math.sinh(eta)];
  return { px, py, pz, energy: Math.sqrt(px * px + py * py + pz * pz + mass * mass) };
});

test("a four-vector has the same components from pt, eta, phi, mass as from px, py, pz, energy", () => {
  for (const component of ["pt", "eta", "phi", "mass", "energy", "px", "py", "pz", "p", "rapidity", "mt"]) {
    const [one, other] = [
      valuesOf(
        `v.${component}`,
        polar.map((v) => ({ v })),
      ),
      valuesOf(
        `v.${component}`,
        inCartesian.map((v) => ({ v })),
      ),
    ];
    assertClose(one, other, 1e-9, component);
  }
  assertClose(
    valuesOf(
      "v.energy",
      polar.map((v) => ({ v })),
    ),
    inCartesian.map(({ energy }) => energy),
    1e-12,
    "energy",
  );
  assertClose(
    valuesOf(
      "v.pt",
      inCartesian.map((v) => ({ v })),
    ),
    polar.map(({ pt }) => pt),
    1e-12,
    "pt",
  );
  assertClose(
    valuesOf(
      "v.rapidity",
      polar.map((v) => ({ v })),
    ),
    inCartesian.map(({ energy, pz }) => Math.atanh(pz / energy)),
    1e-9,
    "rapidity",
  );
});

test("a record of pt, eta and phi alone is massless", () => {
  const events = polar.map(({ pt, eta, phi }) => ({ v: { pt, eta, phi } }));
  assert.deepEqual(valuesOf("v.mass + 1", events), new Array(200).fill(1));
  assertClose(
    valuesOf("v.energy", events),
    polar.map(({ pt, eta }) => pt * Math.cosh(eta)),
    1e-12,
    "energy",
  );
});

test("two four-vectors add component by component: two back-to-back photons of 45.6 make a Z", () => {
  const photons = [
    { pt: 45.6, eta: 0, phi: 0 },
    { pt: 45.6, eta: 0, phi: Math.PI },
  ];
  const [mass] = valuesOf("photons.pairs().sum((a, b) => (a + b).mass)", [{ photons }]);
  assertClose([mass], [91.2], 1e-12, "mass");
  const events = polar.slice(1).map((a, index) => ({ a, b: inCartesian[index] }));
  assertClose(
    valuesOf("(a + b).pz", events),
    events.map(({ b }, index) => inCartesian[index + 1].pz + b.pz),
    1e-12,
    "pz",
  );
});

test("the mass of a spacelike four-vector is negative, as in ROOT", () => {
  assert.deepEqual(valuesOf("v.mass", [{ v: { px: 3, py: 0, pz: 4, energy: 3 } }, { v: { px: 0, py: 0, pz: 0, energy: 0 } }]), [-4, 0]);
});

test("deltaphi lies in (−π, π], and deltaR is its distance with deltaeta", () => {
  const angles = [0, Math.PI, -Math.PI, 3, -3, 3.2, -3.2, 1e-12, 7, -7, 100, -1000];
  const events = angles.flatMap((a) => angles.map((b) => ({ a, b })));
  const found = valuesOf("deltaphi(a, b)", events);
  for (const [index, { a, b }] of events.entries()) {
    assert(found[index] > -Math.PI && found[index] <= Math.PI, `deltaphi(${a}, ${b}) = ${found[index]}`);
    const turns = (a - b - found[index]) / (2 * Math.PI);
    assert(Math.abs(turns - Math.round(turns)) < 1e-12, `deltaphi(${a}, ${b}) = ${found[index]} is not the difference but for whole turns`);
  }
  const [near] = valuesOf("deltaR(a, b)", [{ a: { pt: 1, eta: 1, phi: 3.1 }, b: { pt: 1, eta: -2, phi: -3.1 } }]);
  assertClose([near], [Math.hypot(3, 2 * Math.PI - 6.2)], 1e-12, "deltaR");
});

test("one of two four-vectors in different forms has every component of the one that it is", () => {
  const events = polar.map((a, index) => ({
    first: index % 2 === 0,
    a,
    b: inCartesian[(index + 7) % 200],
    c: { pt: a.pt, eta: a.eta, phi: a.phi },
  }));
  for (const component of ["pt", "eta", "phi", "mass", "energy", "px", "py", "pz", "p", "rapidity", "mt"]) {
    for (const other of ["b", "c"]) {
      const chosen = valuesOf(`(first ? a : ${other}).${component}`, events);
      assert.deepEqual(chosen, valuesOf(`first ? a.${component} : ${other}.${component}`, events), `${component} of a and ${other}`);
    }
  }
});

/** Computed by the formulas with 60 decimal digits. */
const far = [
  { pt: 30, eta: 20, mass: 0.105, mt: 30.00018374943727, rapidity: 19.999993875037514 },
  { pt: 30, eta: -25, mass: 0.105, mt: 30.00018374943727, rapidity: -24.999993875037514 },
  { pt: 5, eta: 35, mass: 91.2, mt: 91.33695856552265, rapidity: 32.094882403178616 },
  { pt: 0.5, eta: 1e-9, mass: 0.1, mt: 0.5099019513592785, rapidity: 9.805806756909201e-10 },
  { pt: 45, eta: 2.4, mass: 0, mt: 45, rapidity: 2.4 },
];
const farInCartesian = [
  { pz: 1e9, energy: 1000000000.0000002, mt: 21.836601342771385, rapidity: 18.332825494912576 },
  { pz: 12345.678, energy: 12345.679, mt: 4.969039847398116, rapidity: 8.510981910565095 },
  { pz: 1e15, energy: 1000000000000000.1, mt: 15811388.300841898, rapidity: 18.655682558575233 },
  { pz: -1e9, energy: 1000000000.000001, mt: 43.673202685542776, rapidity: -17.639678314352633 },
];

test("mt and rapidity lose nothing at large |eta|, where the energy is pz but for rounding", () => {
  for (const quantity of ["mt", "rapidity"] as const) {
    const polarEvents = far.map(({ pt, eta, mass }) => ({ v: { pt, eta, phi: 1, mass } }));
    assertClose(
      valuesOf(`v.${quantity}`, polarEvents),
      far.map((each) => each[quantity]),
      1e-15,
      quantity,
    );
    const cartesianEvents = farInCartesian.map(({ pz, energy }) => ({ v: { px: 3, py: 4, pz, energy } }));
    assertClose(
      valuesOf(`v.${quantity}`, cartesianEvents),
      farInCartesian.map((each) => each[quantity]),
      1e-15,
      quantity,
    );
  }
});

test("a massless particle has its pt as mt and its eta as rapidity, at any eta", () => {
  const events = [-700, -40, -20, -1e-9, 0, 2.5, 20, 35, 700].map((eta) => ({ v: { pt: 30, eta, phi: 1 } }));
  assert.deepEqual(valuesOf("v.mt", events), new Array(9).fill(30));
  assert.deepEqual(
    valuesOf("v.rapidity", events),
    events.map(({ v }) => v.eta),
  );
});
