"""Makes files/rntuple/*.root and files/rntuple/expected.json: python make-rntuples.py (needs uproot, awkward, numpy, xxhash, cramjam).

What uproot can write it writes (uproot.root). The other files are RNTuples put together here, by the format's specification (ROOT, "RNTuple Binary
Format Specification 1.0"): their envelopes and pages stand behind a file by uproot, whose anchor then points to them. What is expected is what went in;
where uproot can read a column, the script compares what it reads from the file, and stops where that differs.
"""

import json
import pathlib
import struct

import awkward as ak
import cramjam
import numpy as np
import uproot
import xxhash

folder = pathlib.Path(__file__).parent / "files" / "rntuple"
BIT, BYTE, CHAR, INT8, UINT8, INT16, UINT16, INT32, UINT32, INT64, UINT64, REAL16, REAL32, REAL64, INDEX32, INDEX64 = range(16)
SWITCH, SINT16, SUINT16, SINT32, SUINT32, SINT64, SUINT64, SREAL16, SREAL32, SREAL64, SINDEX32, SINDEX64, TRUNC, QUANT = range(16, 30)
LEAF, COLLECTION, RECORD, VARIANT, STREAMER = range(5)
dtypes = {BYTE: "u1", CHAR: "u1", INT8: "i1", UINT8: "u1", INT16: "i2", UINT16: "u2", INT32: "i4", UINT32: "u4", INT64: "i8", UINT64: "u8",
          REAL16: "f2", REAL32: "f4", REAL64: "f8", INDEX32: "u4", INDEX64: "u8"}
plain = {SINT16: INT16, SUINT16: UINT16, SINT32: INT32, SUINT32: UINT32, SINT64: INT64, SUINT64: UINT64, SREAL16: REAL16, SREAL32: REAL32,
         SREAL64: REAL64, SINDEX32: INDEX32, SINDEX64: INDEX64}
width = lambda kind: 1 if kind == BIT else 8 * np.dtype(dtypes[plain.get(kind, kind)]).itemsize if kind in dtypes or kind in plain else 0


def encode(kind, values, bits, limits):
    """The elements of a page, as bytes."""
    if kind == BIT:
        return np.packbits(np.array(values, "u1"), bitorder="little").tobytes()
    if kind in (TRUNC, QUANT):
        if kind == TRUNC:
            numbers = np.array(values, "f4").view("u4") >> (32 - bits)
        else:
            numbers = quantise(values, bits, limits)
        stream = [(int(n) >> b) & 1 for n in numbers for b in range(bits)]
        return np.packbits(np.array(stream, "u1"), bitorder="little").tobytes()
    array = np.array(values, dtypes[plain.get(kind, kind)])
    if kind in (SINDEX32, SINDEX64):
        array = np.diff(array, prepend=array.dtype.type(0))
    if kind in (SINT16, SINT32, SINT64):
        size = 8 * array.itemsize
        array = (array << 1) ^ (array >> (size - 1))
    if kind in plain:
        return np.ascontiguousarray(array.view("u1").reshape(len(array), array.itemsize).T).tobytes()
    return array.tobytes()


def quantise(values, bits, limits):
    least, most = limits
    return [round((value - least) / (most - least) * (2**bits - 1)) for value in values]


def compress(data):
    """As ROOT does where it helps: blocks of ZSTD."""
    packed = bytes(cramjam.zstd.compress(data, level=5))
    if len(packed) + 9 >= len(data):
        return data
    return b"ZS\x01" + struct.pack("<I", len(packed))[:3] + struct.pack("<I", len(data))[:3] + packed


text = lambda s: struct.pack("<I", len(s.encode())) + s.encode()
record = lambda payload: struct.pack("<q", len(payload) + 8) + payload
frames = lambda items: struct.pack("<qI", -(12 + sum(map(len, items))), len(items)) + b"".join(items)


def envelope(kind, payload):
    body = struct.pack("<Q", kind | (len(payload) + 16) << 16) + payload
    return body + struct.pack("<Q", xxhash.xxh3_64_intdigest(body))


class Ntuple:
    def __init__(self):
        self.fields, self.columns, self.aliases, self.clusters = [], [], [], []
        self.extended = None

    def field(self, name, kind, parent=None, role=LEAF, repeat=0, source=None):
        number = len(self.fields)
        flags = (1 if repeat else 0) | (2 if source is not None else 0)
        payload = struct.pack("<IIIHH", 0, 0, number if parent is None else parent, role, flags)
        payload += text(name) + text(kind) + text("") + text("")
        payload += struct.pack("<Q", repeat) if repeat else b""
        payload += struct.pack("<I", source) if source is not None else b""
        self.fields.append(record(payload))
        return number

    def column(self, field, kind, bits=None, form=0, first=None, limits=None):
        number = len(self.columns)
        bits = bits or width(kind)
        payload = struct.pack("<HHIHH", kind, bits, field, (1 if first is not None else 0) | (2 if limits else 0), form)
        payload += struct.pack("<q", first) if first is not None else b""
        payload += struct.pack("<dd", *limits) if limits else b""
        self.columns.append((kind, bits, limits, record(payload)))
        return number

    def alias(self, field, column):
        self.aliases.append(record(struct.pack("<II", column, field)))

    def extend(self):
        """What is added from now on stands in the footer."""
        self.extended = (len(self.fields), len(self.columns), len(self.aliases))

    def cluster(self, entries, pages, first={}):
        """pages: for each column a list of pages, each a list of values; None where it is suppressed. first: its first element, where it is deferred."""
        self.clusters.append((entries, pages, first))

    def write(self, name, groups=1, wrap=compress):
        """wrap: what becomes of envelopes."""
        path = folder / name
        with uproot.recreate(path) as file:
            file.mkrntuple("ntuple", {"placeholder": np.zeros(1, "f4")})
        data = bytearray(path.read_bytes())
        cut = self.extended or (len(self.fields), len(self.columns), len(self.aliases))
        schema = lambda part: b"".join(map(frames, [part(self.fields, cut[0]), [c[3] for c in part(self.columns, cut[1])], part(self.aliases, cut[2]), []]))

        def put(content, checked=False):
            data.extend(b"\0" * 11)
            offset = len(data)
            data.extend(content)
            if checked:
                data.extend(struct.pack("<Q", xxhash.xxh3_64_intdigest(content)))
            return offset

        header = envelope(1, struct.pack("<Q", 0) + text("ntuple") + text("") + text("make-rntuples.py") + schema(lambda all, at: all[:at]))
        stored = wrap(header)
        links = [(put(stored), len(stored), len(header))]
        elements = [0] * len(self.columns)
        lists, summaries, entry, turn = [], [], 0, 0
        for entries, pages, first in self.clusters:
            summaries.append(record(struct.pack("<QQ", entry, entries)))
            entry += entries
            columns = []
            for number, (own, (kind, bits, limits, _)) in enumerate(zip(pages, self.columns)):
                if own is None:
                    columns.append(struct.pack("<qIq", -(12 + 8), 0, -(2**63)))
                    continue
                items = []
                for values in own:
                    # Every other page has a checksum, every third is not compressed.
                    turn += 1
                    content = encode(kind, values, bits, limits)
                    page = content if turn % 3 == 0 else compress(content)
                    checked = turn % 2 == 0
                    items.append(struct.pack("<iiQ", -len(values) if checked else len(values), len(page), put(page, checked)))
                elements[number] = max(elements[number], first.get(number, 0))
                payload = b"".join(items) + struct.pack("<qI", elements[number], 505)
                columns.append(struct.pack("<qI", -(12 + len(payload)), len(items)) + payload)
                elements[number] += sum(map(len, own))
            lists.append(frames(columns))
        checksum = header[-8:]
        records, done, entry = [], 0, 0
        for group in np.array_split(np.arange(len(lists)), groups):
            span = sum(self.clusters[i][0] for i in group)
            page_list = envelope(3, checksum + frames([summaries[i] for i in group]) + frames([lists[i] for i in group]))
            stored = wrap(page_list)
            link = struct.pack("<QiQ", len(page_list), len(stored), put(stored))
            records.append(record(struct.pack("<QQI", entry, span, len(group)) + link))
            entry += span
        footer = envelope(2, struct.pack("<Q", 0) + checksum + record(schema(lambda all, at: all[at:])) + frames(records) + frames([]))
        stored = wrap(footer)
        links.append((put(stored), len(stored), len(footer)))
        anchor = struct.pack(">HHHHQQQQQQQ", 1, 0, 1, 0, *links[0], *links[1], 1 << 30)
        anchor += struct.pack(">Q", xxhash.xxh3_64_intdigest(anchor))
        at = data.index(b"\x06ntuple\x06ntuple@\x00") + 14 + 6
        data[at : at + len(anchor)] = anchor
        data[12:16] = struct.pack(">i", len(data))
        path.write_bytes(data)


expected = {}


def expect(name, columns, unsupported=(), unread=()):
    """columns: name -> values by entry; unread: names that uproot does not read, or not so."""
    file = uproot.open(folder / name)["ntuple"]
    for column, values in columns.items():
        if column in unread:
            continue
        found = ak.to_list(file[column].array())
        assert json.dumps(found) == json.dumps(values), (name, column, found[:5], values[:5])
    expected[name] = {"columns": columns, "unsupported": list(unsupported)}


listed = lambda array: np.asarray(array).tolist()
ends = lambda lists: np.cumsum([len(each) for each in lists]).tolist()
flat = lambda lists: [each for inner in lists for each in inner]
halves = lambda values: [values[: len(values) // 2], values[len(values) // 2 :]]


def encodings():
    random = np.random.default_rng(1)
    ntuple, columns, pages = Ntuple(), {}, [[], []]
    integers = {INT8: 8, UINT8: 8, INT16: 16, UINT16: 16, INT32: 32, UINT32: 32, INT64: 64, UINT64: 64,
                SINT16: 16, SUINT16: 16, SINT32: 32, SUINT32: 32, SINT64: 64, SUINT64: 64}

    def add(name, kind, values, cpp, shown=None, **options):
        field = ntuple.field(name, cpp)
        ntuple.column(field, kind, **options)
        for cluster, part in enumerate([values[:37], values[37:]]):
            pages[cluster].append(halves(part))
        columns[name] = listed(values) if shown is None else shown

    for kind, bits in integers.items():
        signed = kind in (INT8, INT16, INT32, INT64, SINT16, SINT32, SINT64)
        low, high = (-(2 ** min(bits - 1, 53)), 2 ** min(bits - 1, 53)) if signed else (0, 2 ** min(bits, 53))
        values = random.integers(low, high, 60).tolist()
        values[:2] = [low, high - 1]
        add(f"integer_{kind}", kind, values, f"std::{'' if signed else 'u'}int{bits}_t")
    add("bit", BIT, random.integers(0, 2, 60).astype(bool), "bool")
    add("byte", BYTE, random.integers(0, 256, 60), "std::byte")
    add("character", CHAR, random.integers(0, 128, 60), "char")
    reals = random.normal(0, 30, 60)
    reals[:6] = [0, -0.0, 2.0**-24, 65504, 2.0**-15, -(2.0**-14)]
    for kind, dtype in [(REAL16, "f2"), (SREAL16, "f2"), (REAL32, "f4"), (SREAL32, "f4"), (REAL64, "f8"), (SREAL64, "f8")]:
        add(f"real_{kind}", kind, reals.astype(dtype), "float" if dtype != "f8" else "double")
    for bits in (10, 13, 16, 20, 24, 31):
        cut = (reals.astype("f4").view("u4") >> np.uint32(32 - bits) << np.uint32(32 - bits)).view("f4")
        add(f"truncated_{bits}", TRUNC, cut, "float", bits=bits)
    for bits in (1, 7, 8, 20, 32):
        limits = (-12.5, 40.25)
        inside = random.uniform(*limits, 60)
        numbers = np.array(quantise(inside, bits, limits), "f8")
        shown = (limits[0] + numbers * (limits[1] - limits[0]) / (2**bits - 1)).astype("f4")
        add(f"quantised_{bits}", QUANT, inside, "float", shown=listed(shown), bits=bits, limits=limits)
    for kind in (INDEX32, INDEX64, SINDEX32, SINDEX64):
        lists = [random.integers(-5, 5, random.integers(0, 5)).tolist() for _ in range(60)]
        field = ntuple.field(f"list_{kind}", "std::vector<std::int32_t>", role=COLLECTION)
        ntuple.column(ntuple.field("_0", "std::int32_t", parent=field) - 1, kind)
        ntuple.column(field + 1, INT32)
        for cluster, part in enumerate([lists[:37], lists[37:]]):
            pages[cluster] += [halves(ends(part)), halves(flat(part))]
        columns[f"list_{kind}"] = lists
    ntuple.cluster(37, pages[0])
    ntuple.cluster(23, pages[1])
    ntuple.write("encodings.root", groups=2)
    expect("encodings.root", columns)


def forms():
    """One column in several forms, another in each cluster; some of them told by the footer only."""
    ntuple = Ntuple()
    number = ntuple.field("number", "float")
    count = ntuple.field("count", "std::int32_t")
    vector = ntuple.field("vector", "std::vector<float>", role=COLLECTION)
    item = ntuple.field("_0", "float", parent=vector)
    ntuple.column(number, SREAL32)
    ntuple.column(count, INT32)
    ntuple.column(vector, SINDEX64)
    ntuple.column(vector, INDEX32, form=1)
    ntuple.column(item, REAL32)
    ntuple.column(item, REAL16, form=1)
    ntuple.extend()
    ntuple.column(number, REAL16, form=1, first=-4)
    ntuple.column(number, TRUNC, bits=20, form=2, first=-4)
    lists = [[1.5], [], [2, 3.25, -1], [0.5]]
    ntuple.cluster(4, [[[1.1, 2.2], [3.3, 4.4]], [[1, 2, 3, 4]], [ends(lists)], None, [flat(lists)], None])
    more = [[], [7.5, 8], [9]]
    ntuple.cluster(3, [None, [[5], [6, 7]], None, [ends(more)], None, [flat(more)], [[0.5, 1.5, 2.5]], None])
    ntuple.cluster(2, [None, [[8, 9]], [[1, 1]], None, [[4.75]], None, None, [[1.25, -3.5]]])
    ntuple.write("forms.root", groups=3)
    numbers = listed(np.array([1.1, 2.2, 3.3, 4.4, 0.5, 1.5, 2.5, 1.25, -3.5], "f4"))
    columns = {"number": numbers, "count": list(range(1, 10)), "vector": lists + more + [[4.75], []]}
    # uproot takes other values where a cluster has another form than the first.
    expect("forms.root", columns, unread=["number", "vector"])


def extension():
    """Fields that are added while entries are written: their first elements are 0."""
    ntuple = Ntuple()
    ntuple.column(ntuple.field("old", "std::int32_t"), SINT32)
    ntuple.extend()
    ntuple.column(ntuple.field("late", "double"), SREAL64, first=7)
    vector = ntuple.field("vector", "std::vector<std::int16_t>", role=COLLECTION)
    item = ntuple.field("_0", "std::int16_t", parent=vector)
    ntuple.column(vector, SINDEX32, first=12)
    ntuple.column(item, SINT16)
    array = ntuple.field("array", "std::array<float,2>", repeat=2)
    ntuple.column(ntuple.field("_0", "float", parent=array), REAL32, first=14)
    word = ntuple.field("word", "std::string")
    ntuple.column(word, SINDEX64, first=12)
    ntuple.column(word, CHAR)
    ntuple.cluster(5, [[[0, 1, 2, 3, 4]]])
    ntuple.cluster(5, [[[5, 6], [7, 8, 9]], [[1.5, 2.5, 3.5]], [], [], [[0.25, 0.5], [1, 2, 3, 4]]], {1: 7, 4: 14})
    ntuple.cluster(4, [[[10, 11, 12, 13]], [[4.5, 5.5, 6.5, 7.5]], [[2, 3]], [[1, -2, 3]], [[5, 6, 7, 8, 9, 10, 11, 12]], [[2, 5]], [list(b"abcde")]], {2: 12, 5: 12})
    ntuple.write("extension.root", wrap=bytes)
    columns = {
        "old": list(range(14)),
        "late": [0.0] * 7 + [1.5, 2.5, 3.5, 4.5, 5.5, 6.5, 7.5],
        "vector": [[]] * 12 + [[1, -2], [3]],
        "array": [[0.0, 0.0]] * 7 + [[0.25, 0.5], [1.0, 2.0], [3.0, 4.0], [5.0, 6.0], [7.0, 8.0], [9.0, 10.0], [11.0, 12.0]],
        "word": [""] * 12 + ["ab", "cde"],
    }
    expect("extension.root", columns)


def structures():
    random = np.random.default_rng(2)
    ntuple, columns, pages = Ntuple(), {}, []
    entries = 30
    lengths = lambda count, most: random.integers(0, most, count).tolist()

    def leaf(name, cpp, kind, values, parent=None):
        ntuple.column(ntuple.field(name, cpp, parent=parent), kind)
        pages.append(halves(list(values)))

    def collection(name, cpp, counts, parent=None, kind=SINDEX64):
        field = ntuple.field(name, cpp, parent=parent, role=COLLECTION)
        ntuple.column(field, kind)
        pages.append(halves(np.cumsum(counts).tolist()))
        return field

    def nest(values, counts):
        values = iter(values)
        return [[next(values) for _ in range(count)] for count in counts]

    number = lambda count: random.integers(-99, 99, count).tolist()
    # A record in a record, and a base class.
    outer = ntuple.field("event", "Event", role=RECORD)
    base = ntuple.field(":_0", "Base", parent=outer, role=RECORD)
    columns["event.run"] = number(entries)
    leaf("run", "std::int32_t", SINT32, columns["event.run"], base)
    inner = ntuple.field("vertex", "Vertex", parent=outer, role=RECORD)
    columns["event.vertex.z"] = [float(x) for x in number(entries)]
    leaf("z", "float", REAL32, columns["event.vertex.z"], inner)
    # Lists of records with lists in them.
    counts = lengths(entries, 4)
    muons = collection("muons", "std::vector<Muon>", counts)
    muon = ntuple.field("_0", "Muon", parent=muons, role=RECORD)
    values = number(sum(counts))
    leaf("charge", "std::int32_t", SINT32, values, muon)
    columns["muons.charge"] = nest(values, counts)
    hits = lengths(sum(counts), 3)
    vector = collection("hits", "std::vector<double>", hits, muon)
    values = [float(x) for x in number(sum(hits))]
    leaf("_0", "double", SREAL64, values, vector)
    columns["muons.hits"] = nest(nest(values, hits), counts)
    # Lists of lists, of arrays, of strings.
    outers = lengths(entries, 3)
    inners = lengths(sum(outers), 3)
    field = collection("nested", "std::vector<std::vector<std::int16_t>>", outers)
    field = collection("_0", "std::vector<std::int16_t>", inners, field)
    values = number(sum(inners))
    leaf("_0", "std::int16_t", SINT16, values, field)
    columns["nested"] = nest(nest(values, inners), outers)
    field = ntuple.field("matrix", "std::array<std::array<float,2>,3>", repeat=3)
    field = ntuple.field("_0", "std::array<float,2>", parent=field, repeat=2)
    values = [float(x) for x in number(6 * entries)]
    leaf("_0", "float", REAL32, values, field)
    columns["matrix"] = nest(nest(values, [2] * 3 * entries), [3] * entries)
    field = collection("points", "std::vector<std::array<float,2>>", outers)
    field = ntuple.field("_0", "std::array<float,2>", parent=field, repeat=2)
    values = [float(x) for x in number(2 * sum(outers))]
    leaf("_0", "float", REAL32, values, field)
    columns["points"] = nest(nest(values, [2] * sum(outers)), outers)
    field = ntuple.field("flags", "std::bitset<11>", repeat=11)
    ntuple.column(field, BIT)
    values = (random.integers(0, 2, 11 * entries) == 1).tolist()
    pages.append(halves(values))
    columns["flags"] = nest(values, [11] * entries)

    def strings(name, words, parent=None):
        field = ntuple.field(name, "std::string", parent=parent)
        ntuple.column(field, SINDEX64)
        ntuple.column(field, CHAR)
        bytes_of = [word.encode() for word in words]
        pages.extend([halves(ends(bytes_of)), halves(list(b"".join(bytes_of)))])

    words = ["", "µ", "electron", "jet"]
    columns["word"] = [words[i] for i in lengths(entries, 4)]
    strings("word", columns["word"])
    field = collection("words", "std::vector<std::string>", outers)
    values = [words[i] for i in lengths(sum(outers), 4)]
    strings("_0", values, field)
    columns["words"] = nest(values, outers)
    # What may be missing.
    there = lambda count: random.integers(0, 2, count).tolist()
    spread = lambda values, present: (lambda it: [next(it) if each else None for each in present])(iter(values))
    present = there(entries)
    field = collection("maybe", "std::optional<float>", present)
    values = [float(x) for x in number(sum(present))]
    leaf("_0", "float", SREAL32, values, field)
    columns["maybe"] = spread(values, present)
    field = collection("maybes", "std::vector<std::optional<std::int32_t>>", outers)
    present = there(sum(outers))
    field = collection("_0", "std::optional<std::int32_t>", present, field)
    values = number(sum(present))
    leaf("_0", "std::int32_t", SINT32, values, field)
    columns["maybes"] = nest(spread(values, present), outers)
    present = there(entries)
    field = collection("list_or_none", "std::optional<std::vector<std::int32_t>>", present)
    counts = lengths(sum(present), 4)
    field = collection("_0", "std::vector<std::int32_t>", counts, field)
    values = number(sum(counts))
    leaf("_0", "std::int32_t", SINT32, values, field)
    # A list that is missing has no elements, as an empty one.
    lists_present = [int(each) for each in present]
    columns["list_or_none"] = [each or [] for each in spread(nest(values, counts), present)]
    field = collection("array_or_none", "std::unique_ptr<std::array<std::int32_t,2>>", present)
    field = ntuple.field("_0", "std::array<std::int32_t,2>", parent=field, repeat=2)
    values = number(2 * sum(present))
    leaf("_0", "std::int32_t", SINT32, values, field)
    columns["array_or_none"] = [each or [] for each in spread(nest(values, [2] * sum(present)), present)]
    twice = there(sum(present))
    field = collection("maybe_maybe", "std::optional<std::optional<float>>", present)
    field = collection("_0", "std::optional<float>", twice, field)
    values = [float(x) for x in number(sum(twice))]
    leaf("_0", "float", SREAL32, values, field)
    columns["maybe_maybe"] = spread(spread(values, twice), present)
    field = collection("maybe_word", "std::optional<std::string>", present)
    values = [words[i] for i in lengths(sum(present), 4)]
    strings("_0", values, field)
    columns["maybe_word"] = spread(values, present)
    # Leaves with what they hold inside; a set, a map.
    columns["enumeration"] = number(entries)
    leaf("_0", "std::int8_t", INT8, columns["enumeration"], ntuple.field("enumeration", "Colour"))
    columns["atomic"] = number(entries)
    leaf("_0", "std::int32_t", SINT32, columns["atomic"], ntuple.field("atomic", "std::atomic<std::int32_t>"))
    counts = lengths(entries, 3)
    field = collection("map", "std::map<std::int32_t,float>", counts)
    pair = ntuple.field("_0", "std::pair<std::int32_t,float>", parent=field, role=RECORD)
    keys, values = number(sum(counts)), [float(x) for x in number(sum(counts))]
    leaf("_0", "std::int32_t", SINT32, keys, pair)
    leaf("_1", "float", SREAL32, values, pair)
    columns["map._0"], columns["map._1"] = nest(keys, counts), nest(values, counts)
    # Projected, as imported NanoAOD has it, and as ATLAS names it.
    counts = lengths(entries, 4)
    source = collection("_collection0", "", counts)
    index = len(ntuple.columns) - 1
    item = ntuple.field("_0", "", parent=source, role=RECORD)
    values = [float(x) for x in number(sum(counts))]
    leaf("Jet_pt", "float", SREAL32, values, item)
    member = len(ntuple.fields) - 1
    field = ntuple.field("Jet_pt", "ROOT::VecOps::RVec<float>", role=COLLECTION, source=source)
    ntuple.alias(field, index)
    ntuple.alias(ntuple.field("_0", "float", parent=field, source=member), index + 1)
    ntuple.alias(ntuple.field("nJet", "ROOT::RNTupleCardinality<std::uint32_t>", source=source), index)
    columns["Jet_pt"], columns["nJet"] = nest(values, counts), counts
    field = collection("AnalysisJetsAuxDyn:pt", "std::vector<float>", counts)
    leaf("_0", "float", SREAL32, values, field)
    columns["AnalysisJetsAuxDyn:pt"] = nest(values, counts)
    # Refused.
    field = ntuple.field("variant", "std::variant<std::int32_t,float>", role=VARIANT)
    ntuple.column(field, SWITCH, bits=96)
    pages.append([])
    leaf("_0", "std::int32_t", INT32, [], field)
    field = ntuple.field("streamed", "TH1D", role=STREAMER)
    ntuple.column(field, SINDEX64)
    ntuple.column(field, BYTE)
    pages.extend([[[0] * entries], []])
    ntuple.column(ntuple.field("future", "std::float128_t"), 0x55, bits=128)
    pages.append([])
    ntuple.cluster(entries, pages)
    ntuple.write("structures.root", wrap=bytes)
    # It tells missing lists from empty ones, has another form for arrays that may be missing and none for optionals in optionals, and no names in pairs.
    unread = ["list_or_none", "array_or_none", "maybe_maybe", "map._0", "map._1"]
    expect("structures.root", columns, ["variant", "streamed", "future"], unread)
    expected["structures.root"]["present"] = {"list_or_none": lists_present}


def by_uproot():
    arrays = {
        "number": np.arange(100, dtype="f8") / 4,
        "flag": np.arange(100) % 3 == 0,
        "small": (np.arange(100) % 250).astype("u1"),
        "jagged": ak.Array([[float(i)] * (i % 4) for i in range(100)]),
        "nested": ak.Array([[[j] * (j % 3) for j in range(i % 4)] for i in range(100)]),
        "record": ak.Array([{"x": i, "y": -i / 2} for i in range(100)]),
        "muons": ak.Array([[{"pt": j + 0.5, "charge": -j} for j in range(i % 3)] for i in range(100)]),
        "word": ak.Array(["electron" if i % 3 else "µ" for i in range(100)]),
        "maybe": ak.Array([i if i % 3 else None for i in range(100)]),
        "fixed": ak.to_regular(ak.Array([[i, i + 1, i + 2] for i in range(100)]), axis=1),
    }
    with uproot.recreate(folder / "uproot.root", compression=uproot.ZSTD(5)) as file:
        ntuple = file.mkrntuple("ntuple", {name: array[:60] for name, array in arrays.items()})
        ntuple.extend({name: array[60:] for name, array in arrays.items()})
    columns = {}
    for name, array in arrays.items():
        fields = ak.fields(array) if name != "number" else []
        for field in fields or [None]:
            columns[f"{name}.{field}" if field else name] = ak.to_list(array[field] if field else array)
    expect("uproot.root", columns)


folder.mkdir(parents=True, exist_ok=True)
for make in (encodings, forms, extension, structures, by_uproot):
    make()
(folder / "expected.json").write_text(json.dumps(expected, separators=(",", ":")) + "\n")
