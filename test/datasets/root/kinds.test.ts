/** Tests kinds of columns that `make-files.py` wrote with uproot, which also tells their values. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { createCatalogue } from "../../../datasets/catalogue/catalogue.ts";
import { inspectFiles } from "../../../datasets/inspect/inspect-files.ts";
import { readColumn, readColumns } from "../../../datasets/read-column.ts";
import { makeTarget, valuesOf } from "../read-for-test.ts";

const folder = fileURLToPath(new URL("./files/", import.meta.url));

/** Values of all entries, and how long the lists are, the outermost first. */
interface Expected {
  readonly values: readonly (number | string)[];
  readonly lengths: readonly (readonly number[])[];
}

const files: Record<string, Record<string, Record<string, Expected>>> = JSON.parse(readFileSync(`${folder}values.json`, "utf8"));

/** Over all partitions. */
async function readAll(pattern: string, name: string, partitionEvents: number): Promise<Expected> {
  const catalogue = createCatalogue([{ name: "it", pattern }], { partitionEvents });
  const all: { values: (number | string)[]; lengths: number[][] } = { values: [], lengths: [] };
  for (const partition of (await catalogue.get("it"))!.partitions) {
    const location = await catalogue.locate("it", partition, name);
    const target = makeTarget(location);
    const read = await readColumn(location, target);
    let lists = location.entries;
    for (const [level, offsets] of target.offsets.entries()) {
      all.lengths[level] ??= [];
      for (let list = 0; list < lists; list++) all.lengths[level].push(offsets[list + 1]! - offsets[list]!);
      lists = offsets[lists]!;
    }
    for (const value of valuesOf(target, read.values)) all.values.push(typeof value === "string" ? value : Number(value));
  }
  return all;
}

for (const [file, trees] of Object.entries(files)) {
  for (const [tree, columns] of Object.entries(trees)) {
    test(`every column of ${file}:${tree} is read as it was written, whole and in parts`, async () => {
      for (const [name, expected] of Object.entries(columns)) {
        for (const partitionEvents of [100_000, 7]) {
          assert.deepEqual(await readAll(`${folder}${file}:${tree}`, name, partitionEvents), expected, name);
        }
      }
    });
  }
}

test("a tree whose baskets begin at the same entries in all branches is divided there, and no byte of it is read twice", async () => {
  const pattern = `${folder}kinds.root`;
  const columns = ["list_bool", "list_int64", "list_float32", "x_int16", "three", "grid"];
  const bytesRead = async (partitionEvents: number) => {
    const catalogue = createCatalogue([{ name: "it", pattern }], { partitionEvents });
    const { partitions } = (await catalogue.get("it"))!;
    let bytes = 0;
    for (const partition of partitions) {
      const locations = await Promise.all(columns.map((column) => catalogue.locate("it", partition, column)));
      for (const outcome of await readColumns(locations.map((location) => ({ location, target: makeTarget(location) })))) {
        assert(outcome.status === "fulfilled");
        bytes += outcome.value.cost.bytes;
      }
    }
    return { bytes, partitions: partitions.map(({ entries }) => entries) };
  };
  const whole = await bytesRead(100);
  assert.deepEqual(whole.partitions, [50]);
  assert.deepEqual(await bytesRead(30), { bytes: whole.bytes, partitions: [25, 25] });
});

test("inspecting tells that nothing is compressed, and nothing of a branch that states so and is smaller than its content", async () => {
  const stored = async (file: string, name: string) => {
    const { columns } = await inspectFiles(`${folder}${file}`);
    return columns.find((column) => column.name === name)?.stored?.compression;
  };
  assert.equal(await stored("folders.root:one", "x"), "none");
  assert.equal(await stored("kinds.root", "x_int64"), undefined);
});

test("two trees of one length are read as one", async () => {
  const { one, two } = files["folders.root"]!;
  const pattern = `${folder}folders.root:one+two`;
  assert.deepEqual(await readAll(pattern, "y", 100), one!.y);
  assert.deepEqual(await readAll(pattern, "z", 100), two!.z);
  assert.deepEqual(await readAll(pattern, "x", 100), one!.x, "of a name that both have, the first one's counts");
});

test("trees of different lengths are not read as one, and a file of several is not guessed at", async () => {
  const look = (tree: string) => createCatalogue([{ name: "it", pattern: `${folder}folders.root${tree}` }]).get("it");
  await assert.rejects(look(":one+cycles"), /one has 5 entries and cycles 4: they cannot be read as one/);
  await assert.rejects(look(""), /it has several trees: say which one, FILE:NAME; it has one, two, cycles, dir\/sub\/tree/);
  await assert.rejects(look(":dir/tree"), /it has no tree dir\/tree; it has one, two, cycles, dir\/sub\/tree/);
});
