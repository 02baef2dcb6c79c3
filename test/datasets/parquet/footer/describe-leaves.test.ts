import assert from "node:assert/strict";
import { test } from "node:test";
import { parquetSchema, type SchemaElement } from "hyparquet";
import { describeLeaves } from "../../../../datasets/parquet/footer/describe-leaves.ts";

const required = { repetition_type: "REQUIRED" } as const;
const optional = { repetition_type: "OPTIONAL" } as const;
const repeated = { repetition_type: "REPEATED" } as const;
const listed = { converted_type: "LIST", num_children: 1 } as const;
const float = { type: "FLOAT" } as const;

/** Writes one short line per leaf: its name, its levels, and what it is. */
function describe(...elements: SchemaElement[]): string[] {
  const children = elements.slice().reverse();
  let roots = 0;
  const skip = (): void => {
    const element = children.pop();
    for (let child = 0; child < (element?.num_children ?? 0); child++) skip();
  };
  for (; children.length > 0; roots++) skip();
  return describeLeaves(parquetSchema({ schema: [{ name: "root", num_children: roots }, ...elements] })).map((leaf) => {
    const { maxDefinition, elements } = leaf.levels;
    const levels = elements.length > 0 ? `list ${elements.join("/")}/${maxDefinition}` : `value ${maxDefinition}`;
    const where = leaf.lists.map((parts) => ` of ${leaf.parts.slice(0, parts).join(".")}`).join("");
    return `${leaf.parts.join(".")}: ${levels}${where}${leaf.type.kind === "unsupported" ? `, ${leaf.type.reason}` : ""}`;
  });
}

test("describeLeaves tells required from optional values, in structs too", () => {
  const leaves = describe(
    { name: "run", type: "INT32", ...required },
    { name: "MET", num_children: 2, ...optional },
    { name: "pt", ...float, ...required },
    { name: "phi", ...float, ...optional },
  );
  assert.deepEqual(leaves, ["run: value 0", "MET.pt: value 1", "MET.phi: value 2"]);
});

test("describeLeaves knows lists of three levels, of scalars and of structs", () => {
  const scalars = describe(
    { name: "Muon_pt", ...listed, ...optional },
    { name: "list", num_children: 1, ...repeated },
    { name: "element", ...float, ...optional },
  );
  assert.deepEqual(scalars, ["Muon_pt: list 2/3 of Muon_pt"]);
  const structs = describe(
    { name: "Muon", ...listed, ...required },
    { name: "bag", num_children: 1, ...repeated },
    { name: "array_element", num_children: 2, ...optional },
    { name: "pt", ...float, ...required },
    { name: "q", type: "INT32", ...optional },
  );
  assert.deepEqual(structs, ["Muon.pt: list 1/2 of Muon", "Muon.q: list 1/3 of Muon"]);
});

test("describeLeaves knows lists of two levels by older writers, and repeated fields without annotation", () => {
  const leaves = describe(
    { name: "a", ...listed, ...optional },
    { name: "element", ...float, ...repeated },
    { name: "b", ...listed, ...required },
    { name: "array", num_children: 1, ...repeated },
    { name: "pt", ...float, ...required },
    { name: "c", ...listed, ...required },
    { name: "c_tuple", num_children: 1, ...repeated },
    { name: "pt", ...float, ...required },
    { name: "d", ...listed, ...required },
    { name: "element", num_children: 2, ...repeated },
    { name: "pt", ...float, ...required },
    { name: "eta", ...float, ...optional },
    { name: "e", ...float, ...repeated },
    { name: "f", num_children: 1, ...repeated },
    { name: "pt", ...float, ...required },
  );
  assert.deepEqual(leaves, [
    "a: list 2/2 of a",
    "b.pt: list 1/1 of b",
    "c.pt: list 1/1 of c",
    "d.pt: list 1/1 of d",
    "d.eta: list 1/2 of d",
    "e: list 1/1 of e",
    "f.pt: list 1/1 of f",
  ]);
});

test("describeLeaves knows lists of lists, of structs in structs too", () => {
  const leaves = describe(
    { name: "hits", ...listed, ...required },
    { name: "list", num_children: 1, ...repeated },
    { name: "element", ...listed, ...optional },
    { name: "list", num_children: 1, ...repeated },
    { name: "element", ...float, ...optional },
    { name: "Jet", ...listed, ...optional },
    { name: "list", num_children: 1, ...repeated },
    { name: "element", num_children: 2, ...required },
    { name: "pt", ...float, ...required },
    { name: "tracks", ...listed, ...optional },
    { name: "list", num_children: 1, ...repeated },
    { name: "element", num_children: 1, ...required },
    { name: "z", ...float, ...required },
  );
  assert.deepEqual(leaves, [
    "hits: list 1/3/4 of hits of hits",
    "Jet.pt: list 2/2 of Jet",
    "Jet.tracks.z: list 2/4/4 of Jet of Jet.tracks",
  ]);
});

test("describeLeaves refuses maps and what it has no type for, each with its reason", () => {
  const leaves = describe(
    { name: "tags", converted_type: "MAP", num_children: 1, ...optional },
    { name: "key_value", num_children: 2, ...repeated },
    { name: "key", type: "BYTE_ARRAY", converted_type: "UTF8", ...required },
    { name: "value", ...float, ...optional },
    { name: "name", type: "BYTE_ARRAY", ...optional },
    { name: "id", type: "FIXED_LEN_BYTE_ARRAY", type_length: 16, logical_type: { type: "UUID" }, ...optional },
    { name: "price", type: "BYTE_ARRAY", converted_type: "DECIMAL", ...optional },
  );
  assert.match(leaves[0]!, /^tags\.key_value\.key: .*part of a map/);
  assert.match(leaves[1]!, /^tags\.key_value\.value: .*part of a map/);
  assert.match(leaves[2]!, /^name: value 1, holds bytes that no annotation calls text/);
  assert.match(leaves[3]!, /^id: value 1, holds UUIDs/);
  assert.match(leaves[4]!, /^price: value 1, holds decimal numbers as BYTE_ARRAY/);
});

test("describeLeaves refuses what stands in more than eight lists, one in the other", () => {
  const nested = (levels: number) =>
    describe(
      ...Array.from({ length: levels }, (_, level): SchemaElement[] => [
        { name: level === 0 ? "deep" : "element", ...listed, ...required },
        { name: "list", num_children: 1, ...repeated },
      ]).flat(),
      { name: "element", ...float, ...required },
    );
  assert.doesNotMatch(nested(8)[0]!, /stands in/);
  assert.match(nested(9)[0]!, /, stands in more than 8 lists, one in the other$/);
});
