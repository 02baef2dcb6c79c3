"""How long DuckDB takes for ADL queries from the Parquet file: the median of some passes, as one line of JSON for each query, in milliseconds
by the clock on the wall and of processor time, with the number of events that passed or values that were filled.

duckdb-peer.py FILE --threads N --repeats N
"""
import argparse, json, statistics, time
import duckdb

args = argparse.ArgumentParser()
args.add_argument("file")
args.add_argument("--threads", type=int, default=1)
args.add_argument("--repeats", type=int, default=5)
args = args.parse_args()

muons = """
    select event, MET_pt, place, charge, pt * cos(phi) x, pt * sin(phi) y, pt * (exp(eta) - exp(-eta)) / 2 z,
        sqrt(mass * mass + pow(pt * (exp(eta) + exp(-eta)) / 2, 2)) e
    from (select event, MET_pt, unnest(range(len(Muon_pt))) place, unnest(Muon_pt) pt, unnest(Muon_eta) eta, unnest(Muon_phi) phi,
        unnest(Muon_mass) mass, unnest(Muon_charge) charge from events where len(Muon_pt) >= 2)
"""
values = {
    "1": (0, 2000, "select MET_pt v from events"),
    "2": (15, 60, "select unnest(Jet_pt) v from events"),
    "3": (15, 60, "select pt v from (select unnest(Jet_pt) pt, unnest(Jet_eta) eta from events) where abs(eta) < 1"),
    "4": (0, 2000, "select MET_pt v from events where len(list_filter(Jet_pt, lambda pt: pt > 40)) >= 2"),
    "5": (0, 2000, f"""
        with muons as ({muons})
        select any_value(a.MET_pt) v from muons a join muons b on a.event = b.event and a.place < b.place and a.charge != b.charge
        where pow(a.e + b.e, 2) - pow(a.x + b.x, 2) - pow(a.y + b.y, 2) - pow(a.z + b.z, 2) between 3600 and 14400
        group by a.event
    """),
}
db = duckdb.connect()
db.execute(f"set threads = {args.threads}")
db.execute(f"create view events as select * from read_parquet('{args.file}')")
for query, (lower, upper, select) in values.items():
    bin = f"case when v < {lower} then -1 when v >= {upper} then 100 else floor((v - {lower}) * {100 / (upper - lower)})::int end"
    took, used = [], []
    for _ in range(args.repeats):
        begun, before = time.perf_counter(), time.process_time()
        counts = db.execute(f"select {bin} bin, count(*) from ({select}) group by bin").fetchall()
        took.append((time.perf_counter() - begun) * 1e3)
        used.append((time.process_time() - before) * 1e3)
    print(json.dumps({"query": query, "wall": statistics.median(took), "cpu": statistics.median(used), "filled": sum(n for _, n in counts)}), flush=True)
