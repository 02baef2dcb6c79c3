#!/usr/bin/env python3
"""Answers for the generated events of generated.test.ts by numpy, independent of the code under test: make-generated-answers.py > generated-answers.json

The events are those of test/support/write-events.ts (a linear congruential generator, float32 values); the queries are ADL 1, 4 and 5 in their
spirit, and the dimuon mass with and without weights. Masses are computed in float64 from float32 inputs.
"""
import json
import numpy as np

state = 1


def draw():
    global state
    state = (state * 1664525 + 1013904223) % 2**32
    return state / 2**32


f32 = lambda x: float(np.float32(x))
events = []
for _ in range(1000):
    met = f32(draw() * 200)
    weight = f32(draw() * 3 - 0.5)
    muons = []
    for _ in range(int(draw() * 4)):
        pt = f32(3 + draw() * 60)
        eta = f32(draw() * 4.8 - 2.4)
        phi = f32((draw() * 2 - 1) * np.pi)
        muons.append((pt, eta, phi, f32(0.1057), -1 if draw() < 0.5 else 1))
    events.append((met, weight, muons))


def p4(m):
    pt, eta, phi, mass, _ = m
    px, py, pz = pt * np.cos(phi), pt * np.sin(phi), pt * np.sinh(eta)
    return np.array([px, py, pz, np.sqrt(px * px + py * py + pz * pz + mass * mass)])


def mass(a, b):
    x, y, z, e = p4(a) + p4(b)
    return float(np.sqrt(max(0.0, e * e - x * x - y * y - z * z)))


def histogram(values, bins, lower, upper, weights=None):
    counts = np.zeros(bins + 2)
    for i, v in enumerate(values):
        k = 0 if v < lower else bins + 1 if v >= upper else 1 + int(np.floor((v - lower) * (bins / (upper - lower))))
        counts[k] += 1 if weights is None else weights[i]
    return counts.tolist()


pairs = [(met, w, [(a, b) for i, a in enumerate(mu) for b in mu[i + 1 :] if a[4] != b[4]]) for met, w, mu in events]
masses = [(mass(a, b), w) for _, w, ps in pairs for a, b in ps]
near_z = [met for met, _, ps in pairs if any(20 < mass(a, b) < 60 for a, b in ps)]
edges = [abs(m / 3 - round(m / 3)) * 3 for m, _ in masses]
assert min(edges) > 1e-9, "a mass lies on an edge: rounding would decide"
print(
    json.dumps(
        {
            "met": histogram([met for met, _, _ in events], 50, 0, 200),
            "central": histogram([m[0] for _, _, mu in events for m in mu if abs(m[1]) < 1], 40, 0, 60),
            "two": histogram([met for met, _, mu in events if sum(m[0] > 30 for m in mu) >= 2], 50, 0, 200),
            "window": histogram(near_z, 50, 0, 200),
            "mass": histogram([m for m, _ in masses], 60, 0, 180),
            "weighted": histogram([m for m, _ in masses], 60, 0, 180, [w for _, w in masses]),
        }
    )
)
