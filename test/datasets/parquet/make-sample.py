"""The few events that a server goes through again and again once it has started: python make-sample.py

Writes runtime/start/warm-up/sample.parquet, in row groups as small as they can be useful, as most programs write columns: snappy, dictionaries, numbers plain
where they are all different. Needs pyarrow.
"""

import os

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

here = os.path.dirname(os.path.abspath(__file__))
random = np.random.default_rng(5)
events, group = 1024, 64
counts = random.integers(0, 4, events)
offsets = pa.array(np.concatenate([[0], np.cumsum(counts)]).astype("int32"))
total = int(counts.sum())


def muons(values, dtype="float32"):
    return pa.ListArray.from_arrays(offsets, pa.array(values.astype(dtype)))


table = pa.table(
    {
        "Muon_pt": muons(np.round(random.exponential(20, total))),
        "Muon_eta": muons(random.normal(0, 1.2, total)),
        "Muon_phi": muons(np.round(random.uniform(-3, 3, total), 1)),
        "Muon_mass": muons(np.full(total, 0.1056)),
        "Muon_charge": muons(random.choice([-1, 1], total), "int32"),
        "MET_pt": pa.array(np.round(random.exponential(30, events)).astype("float32")),
    }
)
path = os.path.join(here, "..", "..", "..", "runtime", "start", "warm-up", "sample.parquet")
columns = [f"{name}.list.element" for name in table.column_names[:5] if name != "Muon_eta"] + ["MET_pt"]
pq.write_table(table, path, row_group_size=group, compression="snappy", use_dictionary=columns, store_schema=False)
print(os.path.getsize(path), pq.ParquetFile(path).metadata.row_group(0).column(1).encodings)
