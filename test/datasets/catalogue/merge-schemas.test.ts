import assert from "node:assert/strict";
import { test } from "node:test";
import { mergeSchemas } from "../../../datasets/catalogue/merge-schemas.ts";
import { describeDifferences } from "../../../datasets/catalogue/schema-notices.ts";
import type { FileColumn, FileDescription, FileShape } from "../../../datasets/format.ts";
import type { DType } from "../../../engine/program/schema.ts";

interface Given {
  readonly dtype?: DType;
  readonly list?: boolean;
  readonly counter?: string;
  readonly nullable?: boolean;
  readonly isRounded?: boolean;
  readonly isEmpty?: boolean;
  readonly unit?: string;
  /** Numbers of values, by unit. */
  readonly values?: readonly number[];
}

function file(name: string, columns: Readonly<Record<string, Given>>, unsupported: FileShape["unsupported"] = []) {
  const given = Object.values(columns);
  const described = Object.entries(columns).map(([column, { dtype = "float32", list = false, isEmpty = false, counter, unit }], index) => {
    const optional = { ...(counter && { counter }), ...(unit && { unit }) };
    const form = { index, parts: [column], lists: list ? [1] : [], dtype, isEmpty, ...optional, stored: undefined };
    return [column, form satisfies FileColumn] as const;
  });
  const units = (given[0]?.values ?? [1]).map((_, unit) => ({ entries: 1, firstEntry: unit }));
  const shape = { format: "test", columns: new Map(described), unsupported, digest: JSON.stringify([described, unsupported]) };
  const description: FileDescription = {
    shape,
    units,
    nullable: Uint8Array.from(given, ({ nullable }) => (nullable ? 1 : 0)),
    ...(given.some(({ isRounded }) => isRounded) && { rounded: Uint8Array.from(given, ({ isRounded }) => (isRounded ? 1 : 0)) }),
    values: Float64Array.from(units.flatMap((_, unit) => given.map(({ values = [1] }) => values[unit]))),
    places: {},
  };
  return { name, description };
}

test("mergeSchemas keeps the columns of all files; those that a file with entries lacks may be missing", () => {
  const none = file("none", { w: { values: [] } });
  const { columns, unsupported } = mergeSchemas([file("a", { x: {}, y: {} }), file("b", { x: {}, z: {} }), none]);
  assert.deepEqual(
    columns.map(({ name, nullable }) => [name, nullable]),
    [
      ["x", false],
      ["y", true],
      ["z", true],
      ["w", true],
    ],
  );
  assert.deepEqual(unsupported, []);
});

test("mergeSchemas: a list column that some files lack is in the collection that it is in where it is there", () => {
  const { columns } = mergeSchemas([
    file("a", { Jet_pt: { list: true, values: [5] }, Jet_eta: { list: true, values: [5] } }),
    file("b", { Jet_eta: { list: true, values: [7] }, Jet_id: { list: true, values: [7] } }),
  ]);
  assert.deepEqual(
    columns.map(({ lists, nullable }) => [lists[0], nullable]),
    [
      ["Jet", true],
      ["Jet", false],
      ["Jet", true],
    ],
  );
});

test("mergeSchemas takes columns of one counter for one collection; of two, their numbers tell, unless these are bounds", () => {
  const lists = (counters: readonly string[], values: readonly number[], hasBounds = false) => {
    const column = (index: number) => ({ list: true, values: [values[index]!], counter: counters[index]! });
    const { name, description } = file("a", { Jet_pt: column(0), Jet_sub_pt: column(1) });
    return mergeSchemas([{ name, description: { ...description, shape: { ...description.shape, hasBounds } } }]).columns.map(
      (each) => each.lists[0],
    );
  };
  assert.deepEqual(lists(["nJet", "nJet"], [5, 6]), ["Jet", "Jet"]);
  assert.deepEqual(lists(["nJet", "nJet_sub"], [5, 5]), ["Jet", "Jet"]);
  assert.deepEqual(lists(["nJet", "nJet_sub"], [5, 6]), ["Jet", "Jet_sub"]);
  assert.deepEqual(lists(["nJet", "nJet_sub"], [5, 5], true), ["Jet", "Jet_sub"], "nobody has looked at them");
});

test("describeDifferences names the columns and collections that some files lack, and types that are wider in some", () => {
  const list = { list: true };
  const files = [
    file("a", { x: {}, y: {}, z: {}, Jet_pt: list, Jet_eta: list, Tau_pt: list }),
    file("b", { x: { dtype: "float64" }, Jet_pt: list }),
    file("c", { x: {}, y: {}, z: {}, Jet_pt: list, Jet_eta: list, Tau_pt: list }),
  ];
  assert.deepEqual(describeDifferences(files, mergeSchemas(files)), [
    "collection Tau is not in 1 of 3 files (b): what reads it fails there",
    "columns y, z, Jet_eta are not in 1 of 3 files (b): missing values there",
    "column x is float32 in 2 of 3 files (a, c) and float64 in 1 of 3 files (b): read as float64",
  ]);
  assert.deepEqual(describeDifferences(files.slice(0, 1), mergeSchemas(files.slice(0, 1))), []);
});

test("describeDifferences names the trees where nobody said which and files have others", () => {
  const columns = { x: {} };
  const inTree = (name: string, tree?: string) => {
    const { description } = file(name, columns);
    const shape = { ...description.shape, ...(tree !== undefined && { tree }), digest: tree ?? "" };
    return { name, description: { ...description, shape } };
  };
  const files = [inTree("a", "Events"), inTree("b", "tree"), inTree("c", "Events")];
  assert.deepEqual(describeDifferences(files, mergeSchemas(files)), [
    "the tree that is read is Events in 2 of 3 files (a, c) and tree in 1 of 3 files (b): where one of them is meant, say so (PATH:TREE)",
  ]);
  const alike = [inTree("a", "Events"), inTree("c", "Events"), inTree("d")];
  assert.deepEqual(describeDifferences(alike, mergeSchemas(alike)), []);
});

test("mergeSchemas tells of a column that its integers may be rounded where those of one file may", () => {
  const [plain, rounded] = [{ dtype: "float64" }, { dtype: "float64", isRounded: true }] as const;
  const { columns } = mergeSchemas([file("a", { x: plain, y: plain }), file("b", { x: rounded, y: plain })]);
  assert.deepEqual(
    columns.map(({ isRounded }) => isRounded),
    [true, undefined],
  );
});

test("mergeSchemas widens numbers that differ to float64 and mixes no booleans and strings with them", () => {
  const { columns, unsupported } = mergeSchemas([
    file("a", { x: { dtype: "float32" }, i: { dtype: "int32" }, b: { dtype: "bool" }, s: { dtype: "string" } }),
    file("b", { x: { dtype: "float64" }, i: { dtype: "uint32" }, b: { dtype: "int32" }, s: { dtype: "float64" } }),
  ]);
  assert.deepEqual(
    columns.map(({ name, dtype }) => [name, dtype]),
    [
      ["x", "float64"],
      ["i", "float64"],
    ],
  );
  assert.deepEqual(unsupported, [
    { name: "b", reason: "is bool in a and int32 in b" },
    { name: "s", reason: "is string in a and float64 in b" },
  ]);
});

test("mergeSchemas keeps 64-bit integers exact beside narrower ones, and rounds them where files differ otherwise", () => {
  const widened = (a: DType, b: DType) => mergeSchemas([file("a", { x: { dtype: a } }), file("b", { x: { dtype: b } })]).columns[0]!.dtype;
  for (const narrow of ["int32", "uint32"] as const) assert.equal(widened("int64", narrow), "int64");
  assert.equal(widened("uint32", "uint64"), "uint64");
  for (const other of ["uint64", "float32", "float64"] as const) assert.equal(widened("int64", other), "float64");
  assert.equal(widened("int32", "uint64"), "float64");
});

test("mergeSchemas refuses a column of times that count in different units, also beside a file that does not say, and no other", () => {
  const [seconds, days, unsaid] = [{ unit: "seconds since 1970-01-01" }, { unit: "days since 1970-01-01" }, {}] as const;
  const { columns, unsupported } = mergeSchemas([
    file("a", { x: unsaid, y: seconds }),
    file("b", { x: days, y: unsaid }),
    file("c", { x: seconds, y: seconds }),
  ]);
  assert.deepEqual(unsupported, [{ name: "x", reason: "counts days since 1970-01-01 in b and seconds since 1970-01-01 in c" }]);
  assert.deepEqual(
    columns.map(({ name }) => name),
    ["y"],
  );
});

test("mergeSchemas calls a column nullable if it is in any file", () => {
  const { columns } = mergeSchemas([file("a", { x: {} }), file("b", { x: { nullable: true } })]);
  assert.equal(columns[0]!.nullable, true);
});

test("mergeSchemas refuses a column that is a list in one file and a value in another", () => {
  const { unsupported } = mergeSchemas([file("a", { x: { list: true } }), file("b", { x: {} })]);
  assert.deepEqual(unsupported, [{ name: "x", reason: "is a list in a and one value per entry in b" }]);
});

test("mergeSchemas takes a column without type and values for one of any type, but not where no file has a type", () => {
  const empty = { dtype: "int32", isEmpty: true } as const;
  for (const files of [
    [file("a", { x: empty }), file("b", { x: { dtype: "bool" } })],
    [file("b", { x: { dtype: "bool" } }), file("a", { x: empty })],
  ])
    assert.deepEqual(
      mergeSchemas(files).columns.map(({ dtype }) => dtype),
      ["bool"],
    );
  const mixed = mergeSchemas([file("a", { x: empty }), file("b", { x: { dtype: "bool" } }), file("c", { x: {} })]);
  assert.deepEqual(mixed.unsupported, [{ name: "x", reason: "is bool in b and float32 in c" }]);
  assert.deepEqual(mergeSchemas([file("a", { x: empty })]).unsupported, [{ name: "x", reason: "holds nothing but nulls, in every file" }]);
});

test("mergeSchemas passes on why a file's column cannot be used", () => {
  const text = [{ name: "x", reason: "holds text" }];
  assert.deepEqual(mergeSchemas([file("a", { x: {} }), file("b", {}, text)]).unsupported, [{ name: "x", reason: "holds text (in b)" }]);
  assert.deepEqual(mergeSchemas([file("a", {}, text)]).unsupported, text);
});

test("mergeSchemas groups list columns by lengths that agree in every unit of every file", () => {
  const together = (values: readonly number[]) => ({ Jet_pt: { list: true, values: [5, 7] }, Jet_hits_x: { list: true, values } });
  const collections = (...files: ReturnType<typeof file>[]) => mergeSchemas(files).columns.map(({ lists }) => lists[0]);
  assert.deepEqual(collections(file("a", together([5, 7])), file("b", together([5, 7]))), ["Jet", "Jet"]);
  assert.deepEqual(collections(file("a", together([5, 7])), file("b", together([5, 8]))), ["Jet", "Jet_hits"]);
});
