#!/usr/bin/env python3
"""Writes a Parquet file with strings by pyarrow, and what DuckDB and pyarrow make of it: make-strings.py FOLDER makes strings.parquet and answers.json.

Row groups have dictionaries of their own; one column is written plainly. Nulls are among values, elements, fields and lists."""
import json, os, random, sys
from collections import Counter
import duckdb, pyarrow as pa, pyarrow.parquet as pq

folder = sys.argv[1]
rng = random.Random(7)
WORDS = ["mu", "e", "τ", "", "jet", "it's", 'say "x"', "mu "]


def maybe(value):
    return None if rng.random() < 0.1 else value


def word(group):
    return rng.choice(WORDS[group % 3 :])


rows = []
for entry in range(4000):
    group = entry // 1000
    rows.append(
        {
            "channel": word(group),
            "trigger": maybe(word(group)),
            "tags": maybe([maybe(word(group)) for _ in range(rng.randrange(4))]),
            "Lepton": maybe([{"kind": maybe(word(group)), "pt": float(rng.randrange(100))} for _ in range(rng.randrange(4))]),
        }
    )
lepton = pa.list_(pa.struct([("kind", pa.string()), ("pt", pa.float32())]))
schema = pa.schema([pa.field("channel", pa.large_string(), nullable=False), ("trigger", pa.string()), ("tags", pa.list_(pa.string())), ("Lepton", lepton)])
path = os.path.join(folder, "strings.parquet")
pq.write_table(pa.Table.from_pylist(rows, schema=schema), path, row_group_size=1000, use_dictionary=["channel", "tags", "Lepton"], compression="ZSTD")

db = duckdb.connect()
db.execute(f"CREATE VIEW t AS SELECT * FROM read_parquet('{path}')")
CATEGORIES = ["mu", "e", "τ", "", "it's"]


def cells(sql):
    """How many values are each category, and how many another; nulls are none."""
    counts = Counter()
    for value, count in db.execute(f"SELECT v, count(*) FROM ({sql}) WHERE v IS NOT NULL GROUP BY v").fetchall():
        counts[CATEGORIES.index(value) if value in CATEGORIES else len(CATEGORIES)] += count
    return [counts[cell] for cell in range(len(CATEGORIES) + 1)]


answers = {
    "categories": CATEGORIES,
    "filled": {
        "channel": cells("SELECT channel v FROM t"),
        "trigger": cells("SELECT trigger v FROM t"),
        'trigger ?? "e"': cells("SELECT coalesce(trigger, 'e') v FROM t"),
        'channel == "mu" ? "e" : channel': cells("SELECT CASE WHEN channel = 'mu' THEN 'e' ELSE channel END v FROM t"),
        "tags": cells("SELECT unnest(tags) v FROM t"),
        'tags.filter(t => t != "mu")': cells("SELECT v FROM (SELECT unnest(tags) v FROM t) WHERE v <> 'mu'"),
        "Lepton.kind": cells("SELECT unnest(Lepton).kind v FROM t"),
        "Lepton.filter(l => l.pt > 50).kind": cells("SELECT l.kind v FROM (SELECT unnest(Lepton) l FROM t) WHERE l.pt > 50"),
        "Lepton.filter(l => l.kind == channel).kind": cells("SELECT l.kind v FROM (SELECT channel, unnest(Lepton) l FROM t) WHERE l.kind = channel"),
    },
    "passed": {
        condition: db.execute(f"SELECT count(*) FROM t WHERE {where}").fetchone()[0]
        for condition, where in {
            'channel == "mu"': "channel = 'mu'",
            "channel == trigger": "channel = trigger",
            "channel != trigger": "channel <> trigger",
            'channel == "it\'s" || trigger == \'say "x"\'': "channel = 'it''s' OR trigger = 'say \"x\"'",
            'tags.some(t => t == "τ")': "list_contains(tags, 'τ')",
            'tags[0] == "mu "': "tags[1] = 'mu '",
        }.items()
    },
}
# pyarrow reads the same as DuckDB.
for name in ("channel", "trigger"):
    read = Counter(value for value in pq.read_table(path, columns=[name])[name].to_pylist() if value is not None)
    assert answers["filled"][name][:-1] == [read[each] for each in CATEGORIES]
with open(os.path.join(folder, "answers.json"), "w") as out:
    json.dump(answers, out)
