"""RNTuples of one length in one file, to be read as one: python make-friends.py (needs uproot and awkward). Writes ../files/friends.root."""

import os

import awkward as ak
import numpy as np
import uproot

path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "files", "friends.root")
counts = np.arange(100) % 4
lists = ak.unflatten(np.arange(counts.sum()).astype("float32"), counts)
first = ak.Array({"x": np.arange(100), "list": lists})
second = ak.Array({"y": np.arange(100) * 2.0, "other": lists * 2, "x": np.full(100, -1)})


def write(file, name, array, ends):
    ntuple = file.mkrntuple(name, array[: ends[0]])
    for start, end in zip(ends, ends[1:]):
        ntuple.extend(array[start:end])


with uproot.recreate(path, compression=uproot.ZSTD(3)) as file:
    write(file, "A", first, [40, 100])
    write(file, "B", second, [30, 70, 100])
    write(file, "even", second, [40, 100])
    write(file, "short", ak.Array({"z": np.arange(99)}), [99])
