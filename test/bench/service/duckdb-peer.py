"""How long DuckDB takes for ADL queries from the Parquet file: the median of some passes, as one line of JSON for each query, in milliseconds.

duckdb-peer.py FILE --threads N --repeats N
"""
import argparse, json, statistics, time
import duckdb

args = argparse.ArgumentParser()
args.add_argument("file")
args.add_argument("--threads", type=int, default=1)
args.add_argument("--repeats", type=int, default=5)
args = args.parse_args()

values = {
    "1": (0, 2000, "select MET_pt v from events"),
    "2": (15, 60, "select unnest(Jet_pt) v from events"),
    "3": (15, 60, "select pt v from (select unnest(Jet_pt) pt, unnest(Jet_eta) eta from events) where abs(eta) < 1"),
    "4": (0, 2000, "select MET_pt v from events where len(list_filter(Jet_pt, lambda pt: pt > 40)) >= 2"),
}
db = duckdb.connect()
db.execute(f"set threads = {args.threads}")
db.execute(f"create view events as select * from read_parquet('{args.file}')")
for query, (lower, upper, select) in values.items():
    bin = f"case when v < {lower} then -1 when v >= {upper} then 100 else floor((v - {lower}) * {100 / (upper - lower)})::int end"
    took = []
    for _ in range(args.repeats):
        begun = time.perf_counter()
        db.execute(f"select {bin} bin, count(*) from ({select}) group by bin").fetchall()
        took.append((time.perf_counter() - begun) * 1e3)
    print(json.dumps({"query": query, "milliseconds": statistics.median(took)}), flush=True)
