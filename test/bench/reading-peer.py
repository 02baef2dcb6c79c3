"""How fast uproot (.root) or pyarrow (.parquet) reads columns into arrays on one thread: the best of some passes, as one line of JSON, in milliseconds.

reading-peer.py FILE[:TREE] COLUMN... --repeats N
"""
import argparse, json, time

args = argparse.ArgumentParser()
args.add_argument("file")
args.add_argument("columns", nargs="+")
args.add_argument("--repeats", type=int, default=5)
args = args.parse_args()

if args.file.endswith(".parquet"):
    import pyarrow as pa, pyarrow.parquet as pq

    pa.set_cpu_count(1)
    peer, read, entries = "pyarrow", lambda: pq.read_table(args.file, columns=args.columns, use_threads=False), lambda table: table.num_rows
else:
    import uproot

    path, _, tree = args.file.partition(".root:")

    def read():
        with uproot.open(path if not tree else path + ".root", num_workers=1) as file:
            name = tree or next(key for key, kind in file.classnames().items() if kind in ("TTree", "ROOT::RNTuple"))
            return file[name].arrays(args.columns)

    peer, entries = "uproot", len

wall = cpu = float("inf")
for _ in range(args.repeats):
    wall_begun, cpu_begun = time.perf_counter(), time.process_time()
    table = read()
    wall, cpu = min(wall, time.perf_counter() - wall_begun), min(cpu, time.process_time() - cpu_begun)
print(json.dumps({"peer": peer, "entries": entries(table), "wall": wall * 1e3, "cpu": cpu * 1e3}))
