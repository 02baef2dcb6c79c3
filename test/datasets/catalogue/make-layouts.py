"""Writes the same 60 events as uproot writes them in several layouts, for layouts.test.ts: python make-layouts.py DIRECTORY (needs uproot and awkward)."""

import sys

import awkward as ak
import numpy as np
import uproot

directory = sys.argv[1]
events = range(60)
lengths = {"Muon": [i * 7 % 4 for i in events], "Jet": [i * 5 % 3 + 1 for i in events]}


def lists(collection, value, dtype):
    cells = [[value(i, k) for k in range(lengths[collection][i])] for i in events]
    return ak.values_astype(ak.Array(cells), dtype)


muon = {
    "pt": lists("Muon", lambda i, k: (i * 13 + k * 29) % 97 + 0.5, np.float32),
    "eta": lists("Muon", lambda i, k: (i * 5 + k * 11) % 41 / 8 - 2.5, np.float32),
    "phi": lists("Muon", lambda i, k: (i * 3 + k * 17) % 25 / 4 - 3, np.float32),
    "mass": lists("Muon", lambda i, k: 0.125, np.float32),
    "charge": lists("Muon", lambda i, k: 1 if (i + k) % 2 else -1, np.int32),
    "jetIdx": lists("Muon", lambda i, k: (i + k) % 3 - 1, np.int16),
}
jet = {"pt": lists("Jet", lambda i, k: (i * 31 + k * 7) % 83 + 20.25, np.float32)}
scalars = {
    "MET_pt": np.array([i * 17 % 120 + 0.25 for i in events], np.float32),
    "event": np.array([2**53 + i for i in events], np.uint64),
}
weights = np.array([[(i + k) % 5 / 4 for k in range(3)] for i in events], np.float32)




def write_tree(file, name, columns):
    def type_of(value):
        return value.type.content if isinstance(value, ak.Array) else np.dtype((value.dtype, value.shape[1:]))

    tree = file.mktree(name, {key: type_of(value) for key, value in columns.items()})
    tree.extend(columns)


# A counter for each collection, and a tree of sums of each run.
with uproot.recreate(f"{directory}/counted.root", compression=uproot.ZLIB(5)) as file:
    write_tree(file, "Events", {"Muon": ak.zip(muon), "Jet": ak.zip(jet), "LHEWeight": weights, **scalars})
    write_tree(file, "Runs", {"run": np.array([1, 2, 3], np.uint32), "genEventSumw": np.array([1e16, 1.0, -1e16])})

# A counter for each column, and names with points, as split objects have them.
with uproot.recreate(f"{directory}/dotted.root", compression=uproot.ZLIB(5)) as file:
    columns = {f"Muon.{key}": value for key, value in muon.items()} | {f"Jet.{key}": value for key, value in jet.items()}
    write_tree(file, "events", {**columns, "LHEWeight": weights, **scalars})

# Collections of an RNTuple.
with uproot.recreate(f"{directory}/ntuple.root", compression=uproot.ZLIB(5)) as file:
    records = {"Muon": ak.zip(muon), "Jet": ak.zip(jet), "LHEWeight": ak.Array(weights), **scalars}
    file.mkrntuple("Events", ak.Array(records))

# The same in every codec, with what the benchmark's queries 1, 2, 4 and 5 read.
codecs = {"lz4": uproot.LZ4(4), "zstd": uproot.ZSTD(5), "lzma": uproot.LZMA(1), "none": None}
own = {key: muon[key] for key in ["pt", "eta", "phi", "mass", "charge"]}
few = {"Muon": ak.zip(own), "Jet": ak.zip(jet), "MET_pt": scalars["MET_pt"]}
for name, compression in codecs.items():
    with uproot.recreate(f"{directory}/codec-{name}.root", compression=compression) as file:
        write_tree(file, "Events", few)
