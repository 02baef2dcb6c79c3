"""Files of more than 4 GiB, of which most is a hole: python make-far-files.py

Writes files/far/NAME.front and NAME.back, what lies before the hole and behind it: far-files.test.ts puts them together. Needs uproot and awkward.
"""

import os

import awkward as ak
import numpy as np
import uproot

folder = os.path.join(os.path.dirname(os.path.abspath(__file__)), "files", "far")
hole = 5 * 2**30
counts = np.arange(40) % 4


def columns(first):
    return {
        "x": (np.arange(40) + first).astype("float32"),
        "id": np.arange(40, dtype="int64") * 2**40 + first,
        "list": ak.unflatten(np.arange(counts.sum()) + float(first), counts),
    }


def write(name, make):
    path = f"{folder}/{name}.root"
    with uproot.recreate(path, compression=uproot.ZLIB(1)) as file:
        table = make(file)
        table.extend(columns(0))
        file._cascading.freesegments.allocate(hole)
        table.extend(columns(100))
        table.extend(columns(200))
    with uproot.open(path) as file:
        assert ak.all(file["Events"].arrays()["list"][-1] == [257.0, 258.0, 259.0])
    with open(path, "rb") as file:
        end = os.lseek(file.fileno(), 0, os.SEEK_HOLE)
        front = os.pread(file.fileno(), end, 0).rstrip(b"\0")
        start = os.lseek(file.fileno(), end, os.SEEK_DATA)
        back = os.pread(file.fileno(), os.path.getsize(path) - start, start).lstrip(b"\0")
    for part, content in (("front", front), ("back", back)):
        with open(f"{folder}/{name}.{part}", "wb") as file:
            file.write(content)
    print(name, len(front), os.path.getsize(path) - len(back), len(back))
    os.remove(path)


write("tree", lambda file: file.mktree("Events", {"x": np.dtype("float32"), "id": np.dtype("int64"), "list": "var * float64"}))
write("ntuple", lambda file: file.mkrntuple("Events", ak.Array({name: values[:0] for name, values in columns(0).items()})))
