"""The few events that a server goes through once when it has started: python make-sample.py

Writes runtime/start/warm-up/sample.root. Needs uproot and awkward.
"""

import os

import awkward as ak
import numpy as np
import uproot

here = os.path.dirname(os.path.abspath(__file__))
random = np.random.default_rng(5)
events = 64
counts = random.integers(0, 4, events)


def muons(values):
    return ak.unflatten(values.astype("float32"), counts)


total = counts.sum()
columns = {
    "Muon": ak.zip(
        {
            "pt": muons(random.exponential(20, total)),
            "eta": muons(random.normal(0, 1.2, total)),
            "phi": muons(random.uniform(-np.pi, np.pi, total)),
            "mass": muons(np.full(total, 0.1056)),
            "charge": ak.unflatten(random.choice([-1, 1], total).astype("int32"), counts),
        }
    ),
    "MET_pt": random.exponential(30, events).astype("float32"),
}
path = os.path.join(here, "..", "..", "..", "runtime", "start", "warm-up", "sample.root")
with uproot.recreate(path, compression=uproot.ZLIB(1)) as file:
    tree = file.mktree("Events", {"Muon": ak.type(columns["Muon"]).content, "MET_pt": "float32"})
    tree.extend(columns)
