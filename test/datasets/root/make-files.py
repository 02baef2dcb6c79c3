"""Small ROOT files of kinds that the real ones do not show, and what is in them. Needs uproot and awkward: python make-files.py

Writes files/*.root and files/values.json: per file, tree and column the values, flat, and how long the lists are.
"""

import json
import os

import awkward as ak
import numpy as np
import uproot

here = os.path.join(os.path.dirname(os.path.abspath(__file__)), "files")
random = np.random.default_rng(16)
events = 50
expected = {}


def flat(values):
    values = ak.Array(values)
    lengths = []
    while values.ndim > 1:
        lengths.append([int(each) for each in ak.to_list(ak.num(values))])
        values = ak.flatten(values, axis=1)
    return {"lengths": lengths, "values": [str(each) if isinstance(each, str) else float(each) for each in ak.to_list(values)]}


def jagged(kind):
    counts = random.integers(0, 4, events)
    return ak.unflatten(random.integers(0, 100, counts.sum()).astype(kind), counts)


def type_of(values):
    if isinstance(values, np.ndarray):
        return np.dtype((values.dtype, values.shape[1:]))
    return "string" if isinstance(values, list) else str(ak.type(values).content)


def write(name, trees, compression=None):
    expected[name] = {}
    with uproot.recreate(os.path.join(here, name), compression=compression) as file:
        for tree, columns in trees:
            table = file.mktree(tree, {column: type_of(values) for column, values in columns.items()})
            half = len(next(iter(columns.values()))) // 2
            table.extend({column: values[:half] for column, values in columns.items()})
            table.extend({column: values[half:] for column, values in columns.items()})
            expected[name][tree] = {column: flat(values) for column, values in columns.items()}


kinds = ["bool", "int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64", "float32", "float64"]
columns = {f"x_{kind}": random.integers(0, 2 if kind == "bool" else 100, events).astype(kind) for kind in kinds}
columns |= {f"list_{kind}": jagged(kind) for kind in ["bool", "int8", "uint16", "int64", "float32"]}
columns["three"] = random.integers(0, 100, (events, 3)).astype("float32")
columns["grid"] = random.integers(0, 100, (events, 2, 3)).astype("int32")
columns["text"] = ["", "a", "é" * 300] * (events // 3) + ["b"] * (events % 3)
write("kinds.root", [("tree", columns)], uproot.LZ4(4))
# Two trees of one length, one of another, in a folder, and of two cycles.
write(
    "folders.root",
    [
        ("dir/sub/tree", {"x": np.arange(7, dtype="float64")}),
        ("one", {"x": np.arange(5, dtype="float64"), "y": np.arange(5, dtype="int32")}),
        ("two", {"x": np.arange(5, dtype="float64") + 10, "z": np.arange(5, dtype="int32") * 2}),
        ("cycles", {"x": np.zeros(3)}),
        ("cycles", {"x": np.ones(4)}),
    ],
)

# Runs in the order of entries: of most partitions no event is of the runs that a query asks for.
groups, size = 6, 60
random = np.random.default_rng(7)
with uproot.recreate(os.path.join(here, "runs.root"), compression=uproot.ZSTD(9)) as file:
    file.mktree("Events", {"run": "int32", "weight": "float32", "MET_pt": "float32", "Jet_pt": "var * float32"})
    for group in range(groups):
        jets = random.integers(0, 3, size)
        file["Events"].extend(
            {
                "run": (100 * group + np.arange(size)).astype("int32"),
                "weight": random.uniform(-0.2, 0.8, size).astype("float32"),
                "MET_pt": random.uniform(0, 60, size).astype("float32"),
                "Jet_pt": ak.unflatten((20 * group + random.uniform(0, 30, jets.sum())).astype("float32"), jets),
            }
        )

with open(os.path.join(here, "values.json"), "w") as file:
    json.dump(expected, file, separators=(",", ":"), ensure_ascii=False)
