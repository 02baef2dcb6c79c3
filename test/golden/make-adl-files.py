"""The same random events with what the ADL benchmark reads, in every ROOT codec, as RNTuple and as Parquet: python make-adl-files.py

Writes files/adl-*. Needs uproot, awkward and pyarrow.
"""

import os

import awkward as ak
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import uproot

folder = os.path.join(os.path.dirname(os.path.abspath(__file__)), "files")
random = np.random.default_rng(8)
events, each = 180, 60


def particles(most, mass, **more):
    counts = random.integers(0, most + 1, events)
    total = counts.sum()
    fields = {
        "pt": random.exponential(25, total) + 8,
        "eta": random.normal(0, 1.3, total),
        "phi": random.uniform(-np.pi, np.pi, total),
        "mass": mass(total),
    }
    fields = {name: values.astype("float32") for name, values in (fields | {key: make(total) for key, make in more.items()}).items()}
    if "charge" in fields:
        fields["charge"] = fields["charge"].astype("int32")
    return ak.zip({name: ak.unflatten(values, counts) for name, values in fields.items()})


def charges(total):
    return random.choice([-1, 1], total)


collections = {
    "Muon": particles(3, lambda total: np.full(total, 0.10566), charge=charges),
    "Electron": particles(2, lambda total: np.full(total, 0.000511), charge=charges),
    "Jet": particles(6, lambda total: random.exponential(9, total), btag=lambda total: random.uniform(0, 1, total)),
}
scalars = {
    "MET_pt": random.exponential(40, events).astype("float32"),
    "MET_phi": random.uniform(-np.pi, np.pi, events).astype("float32"),
}
parts = [slice(start, start + each) for start in range(0, events, each)]

for codec, compression in {
    "zlib": uproot.ZLIB(4),
    "lz4": uproot.LZ4(4),
    "zstd": uproot.ZSTD(4),
    "lzma": uproot.LZMA(4),
    "none": None,
}.items():
    with uproot.recreate(f"{folder}/adl-{codec}.root", compression=compression) as file:
        types = {name: ak.type(value).content for name, value in collections.items()} | {name: "float32" for name in scalars}
        tree = file.mktree("Events", types)
        for part in parts:
            tree.extend({name: value[part] for name, value in (collections | scalars).items()})

with uproot.recreate(f"{folder}/adl-rntuple.root", compression=uproot.ZSTD(4)) as file:
    table = file.mkrntuple("Events", ak.Array({name: value[parts[0]] for name, value in (collections | scalars).items()}))
    for part in parts[1:]:
        table.extend(ak.Array({name: value[part] for name, value in (collections | scalars).items()}))

lists = {f"{name}_{field}": value[field] for name, value in collections.items() for field in value.fields}
structs = collections | {"MET": ak.zip({"pt": scalars["MET_pt"], "phi": scalars["MET_phi"]})}
for layout, columns in {"lists": lists | scalars, "structs": structs}.items():
    arrays = {name: ak.to_arrow(ak.Array(value), extensionarray=False) for name, value in columns.items()}
    pq.write_table(pa.table(arrays), f"{folder}/adl-{layout}.parquet", row_group_size=each)
