#!/usr/bin/env python3
"""Writes Parquet files in many variants of the format with pyarrow (and fastparquet, where it is installed), and what was written (or what pyarrow
reads, of fastparquet's files).


make-variants.py FOLDER SEED COUNT makes N.parquet and N.json: leaf name -> entries, nested lists for lists, null for what is missing. A null list is
an empty one; a null record makes its fields missing, and lists in it null. NaN and infinities are strings. For the lists of each level that a leaf stands in there
is "LEAF?LEVEL": 1 for each that is there, 0 for a null one."""
import datetime, decimal, json, math, os, random, sys
import numpy as np, pyarrow as pa, pyarrow.parquet as pq

folder, seed, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
os.makedirs(folder, exist_ok=True)
rng = random.Random(seed)

EPOCH = datetime.datetime(1970, 1, 1)
INTEGERS = {"int8": 8, "int16": 16, "int32": 32, "int64": 64, "uint8": 8, "uint16": 16, "uint32": 32, "uint64": 64}
COUNTED = {"date32": pa.date32(), "time32": pa.time32("ms"), "time64": pa.time64("us"), "timestamp": pa.timestamp("us"), "timestampUTC": pa.timestamp("us", "UTC")}
DECIMALS = {"decimal9": pa.decimal128(9, 2), "decimal18": pa.decimal128(18, 6), "decimal38": pa.decimal128(38, 10)}
TYPES = [*INTEGERS, "float", "double", "bool", "string", *COUNTED, *DECIMALS]
WORDS = ["mu", "e", "τ", "", "μ→eγ", "W" * 300]


def number(kind, style):
    if kind == "bool":
        return rng.random() < (0.5 if style else 0.98)
    if kind == "string":
        return rng.choice(WORDS) if style else f"{rng.choice(WORDS)}{rng.randrange(10**6)}"
    if kind in ("float", "double"):
        if rng.random() < 0.03:
            return rng.choice([math.nan, math.inf, -math.inf, -0.0, 1e-42, 3e38])
        value = rng.choice([rng.uniform(-100, 100), float(rng.randrange(9))])
        return float(np.float32(value)) if kind == "float" else value
    if kind in DECIMALS:
        digits = rng.randrange(1, DECIMALS[kind].precision + 1)
        return decimal.Decimal(rng.choice([-1, 1]) * rng.randrange(10**digits)).scaleb(-DECIMALS[kind].scale, decimal.Context(prec=60))
    if kind == "date32":
        return EPOCH.date() + datetime.timedelta(days=rng.randrange(-10000, 40000))
    if kind in COUNTED:
        time = EPOCH + datetime.timedelta(microseconds=rng.randrange(-(10**15), 2 * 10**15))
        if kind == "time32":
            return time.time().replace(microsecond=time.microsecond // 1000 * 1000)
        return time.time() if kind == "time64" else time.replace(tzinfo=datetime.timezone.utc if kind == "timestampUTC" else None)
    bits = INTEGERS[kind]
    low, high = (0, 2**bits - 1) if kind[0] == "u" else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
    if style == 0:
        return rng.choice([low, high, 0, 1, rng.randint(low, high)])
    if style == 1:
        return max(low, min(high, rng.randrange(12)))
    return rng.randint(low, high) if rng.random() < 0.1 else max(low, min(high, 5))


def leaf(kind):
    """A type and what draws values of it."""
    style = rng.randrange(3)
    if kind in COUNTED or kind in DECIMALS:
        return {**COUNTED, **DECIMALS}[kind], lambda: number(kind, style)
    return getattr(pa, {"float": "float32", "double": "float64", "bool": "bool_"}.get(kind, kind))(), lambda: number(kind, style)


def with_nulls(draw, part):
    return lambda: None if rng.random() < part else draw()


def column():
    kind = rng.choice(TYPES)
    part = rng.choice([0, 0, 0.2, 0.02, 1])
    type_, draw = leaf(kind)
    nullable = part > 0 or rng.random() < 0.5
    field = lambda t, name="element": pa.field(name, t, nullable=nullable)
    draw = with_nulls(draw, part)
    length = rng.choice([lambda: rng.randrange(4), lambda: 0, lambda: rng.choice([0, 0, 0, 300]), lambda: 1])
    listed = lambda inner: lambda: [inner() for _ in range(length())]
    form = rng.choice(["scalar", "scalar", "list", "list", "large_list", "fixed", "records", "record", "lists", "list in record", "record of records"])
    outer = rng.choice([0, 0.1])
    if form == "scalar":
        return pa.field("c", type_, nullable=nullable), draw
    if form in ("list", "large_list"):
        make = pa.list_ if form == "list" else pa.large_list
        return pa.field("c", make(field(type_)), nullable=outer > 0), with_nulls(listed(draw), outer)
    if form == "fixed":
        return pa.field("c", pa.list_(field(type_), 3), nullable=False), lambda: [draw() for _ in range(3)]
    if form == "lists":
        return pa.field("c", pa.list_(pa.list_(field(type_))), nullable=outer > 0), with_nulls(listed(listed(draw)), outer)
    record = pa.struct([field(type_, "a"), pa.field("b", pa.float64(), nullable=False)])
    if form == "record":
        return pa.field("c", record, nullable=outer > 0), with_nulls(lambda: {"a": draw(), "b": 1.5}, outer)
    if form == "records":
        inner = with_nulls(lambda: {"a": draw(), "b": 2.5}, outer)
        return pa.field("c", pa.list_(pa.field("element", record, nullable=outer > 0)), nullable=True), with_nulls(listed(inner), outer)
    if form == "list in record":
        inner = pa.struct([pa.field("a", pa.list_(field(type_)), nullable=True)])
        return pa.field("c", inner, nullable=outer > 0), with_nulls(lambda: {"a": listed(draw)()}, outer)
    inner = pa.struct([pa.field("r", record, nullable=True)])
    return pa.field("c", inner, nullable=outer > 0), with_nulls(lambda: {"r": {"a": draw(), "b": 3.5}}, outer)


def leaves(type_, name):
    """Leaf name -> how to get at its values: fields and lists, outermost first."""
    if pa.types.is_struct(type_):
        return {n: [f.name, *way] for f in type_ for n, way in leaves(f.type, f"{name}.{f.name}").items()}
    if pa.types.is_list(type_) or pa.types.is_large_list(type_) or pa.types.is_fixed_size_list(type_):
        return {n: [None, *way] for n, way in leaves(type_.value_type, name).items()}
    return {name: [type_]}


def project(value, way):
    step, *rest = way
    if not rest:
        return plain(value, step)
    if step is None:
        return [] if value is None else [project(each, rest) for each in value]
    return project(None if value is None else value[step], rest)


def present(value, way, level):
    step, *rest = way
    if step is not None:
        return present(None if value is None else value[step], rest, level)
    if level == 0:
        return 0 if value is None else 1
    return [] if value is None else [present(each, rest, level - 1) for each in value]


def counted(value, type_):
    """Days, or so many parts of a second, since 1970 or midnight."""
    if isinstance(value, datetime.datetime):
        return (value.replace(tzinfo=None) - EPOCH) // datetime.timedelta(microseconds=1)
    if isinstance(value, datetime.date):
        return (value - EPOCH.date()).days
    microseconds = ((value.hour * 60 + value.minute) * 60 + value.second) * 10**6 + value.microsecond
    return microseconds // 1000 if type_ == COUNTED["time32"] else microseconds


def plain(value, type_):
    if isinstance(value, decimal.Decimal):
        return float(value)
    if isinstance(value, (datetime.date, datetime.time)):
        value = counted(value, type_)
    if isinstance(value, int) and abs(value) >= 2**53:
        return str(value)  # JSON's reader would round it
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value


def answers(table):
    found = {}
    for name, chunked in zip(table.column_names, table.columns):
        rows = chunked.to_pylist()
        for full, way in leaves(chunked.type, name).items():
            found[full] = [project(row, way) for row in rows]
            for level in range(way.count(None)):
                found[f"{full}?{level}"] = [present(row, way, level) for row in rows]
    return found


ENCODINGS = {
    **{kind: ["PLAIN", "DELTA_BINARY_PACKED", "BYTE_STREAM_SPLIT"] for kind in INTEGERS},
    "float": ["PLAIN", "BYTE_STREAM_SPLIT"],
    "double": ["PLAIN", "BYTE_STREAM_SPLIT"],
    "bool": ["PLAIN", "RLE"],
    "string": ["PLAIN", "DELTA_LENGTH_BYTE_ARRAY", "DELTA_BYTE_ARRAY"],
}


def leaf_kind(type_):
    return {"float": "float", "halffloat": None}.get(str(type_), str(type_))


def write(path):
    rows = rng.choice([0, 1, 7, 100, 700])
    fields, data = [], []
    for index in range(rng.randrange(1, 6)):
        field, draw = column()
        field = field.with_name(f"c{index}")
        fields.append(field)
        data.append(pa.array([draw() for _ in range(rows)], field.type))
    table = pa.Table.from_arrays(data, schema=pa.schema(fields))
    options = dict(
        compression=rng.choice(["NONE", "SNAPPY", "GZIP", "BROTLI", "ZSTD", "LZ4"]),
        data_page_version=rng.choice(["1.0", "2.0"]),
        data_page_size=rng.choice([1, 64, 1000, 2**20]),
        write_batch_size=rng.choice([1, 10, 1024]),
        row_group_size=rng.choice([1, 50, 333, 10**6]) if rows < 200 else rng.choice([50, 333, 10**6]),
        version=rng.choice(["1.0", "2.4", "2.6"]),
        use_compliant_nested_type=rng.random() < 0.5,
        write_page_checksum=rng.random() < 0.5,
        write_page_index=rng.random() < 0.3,
        write_statistics=rng.random() < 0.7,
        store_schema=rng.random() < 0.5,
        store_decimal_as_integer=rng.random() < 0.5,
    )
    if rng.random() < 0.5:
        options["use_dictionary"] = True
        if rng.random() < 0.3:
            options["dictionary_pagesize_limit"] = 40
    else:
        options["use_dictionary"] = False
        paths = pq.ParquetFile(schema_only(table, options)).schema
        chosen = {}
        for at in range(len(paths)):
            each = paths.column(at)
            kind = {"BYTE_ARRAY": "string", "FLOAT": "float", "DOUBLE": "double", "BOOLEAN": "bool", "INT32": "int32", "INT64": "int64"}.get(each.physical_type)
            if kind and rng.random() < 0.8:
                chosen[each.path] = rng.choice(ENCODINGS[kind])
        options["column_encoding"] = chosen or None
    pq.write_table(table, path, **options)
    return table


def schema_only(table, options):
    import io

    sink = io.BytesIO()
    pq.write_table(table.slice(0, 0), sink, **{name: options[name] for name in ("use_compliant_nested_type", "version", "store_decimal_as_integer")})
    sink.seek(0)
    return sink


def write_by_fastparquet(path):
    import fastparquet, pandas as pd

    rows = rng.choice([1, 7, 100, 700])
    frame = {}
    for index in range(4):
        kind = rng.choice([each for each in TYPES if each not in COUNTED and each not in DECIMALS])
        style = rng.randrange(3)
        values = [number(kind, style) for _ in range(rows)]
        frame[f"c{index}"] = np.array(values, dtype={"float": "f4", "double": "f8", "string": "O"}.get(kind, kind))
    fastparquet.write(path, pd.DataFrame(frame), compression=rng.choice([None, "SNAPPY", "GZIP", "ZSTD"]), row_group_offsets=rng.choice([50, 10**6]), stats=rng.random() < 0.5, has_nulls=rng.random() < 0.5)
    return pq.ParquetFile(path).read()


try:
    import fastparquet
except ImportError:
    fastparquet = None

for at in range(count):
    path = os.path.join(folder, f"{at}.parquet")
    table = (write_by_fastparquet if fastparquet and at % 8 == 7 else write)(path)
    with open(os.path.join(folder, f"{at}.json"), "w") as out:
        json.dump(answers(table), out)
print(f"{count} files by pyarrow {pa.__version__}" + (f" and fastparquet {fastparquet.__version__}" if fastparquet else ""))
