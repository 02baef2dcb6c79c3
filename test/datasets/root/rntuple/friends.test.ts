/** Several RNTuples of one length as one dataset. `make-friends.py` wrote them with uproot; their clusters begin at other entries. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { createCatalogue } from "../../../../datasets/catalogue/catalogue.ts";
import { readColumn } from "../../../../datasets/read-column.ts";
import { makeTarget, valuesOf } from "../../read-for-test.ts";

const path = fileURLToPath(new URL("../files/friends.root", import.meta.url));
const numbers = Array.from({ length: 100 }, (_, at) => at);
const lists = numbers.flatMap((at) => Array.from({ length: at % 4 }, (_, place) => [at, place]));
const expected: Readonly<Record<string, readonly number[]>> = {
  x: numbers,
  y: numbers.map((at) => 2 * at),
  list: lists.map((_, at) => at),
  other: lists.map((_, at) => 2 * at),
};

async function readAll(trees: string, name: string, partitionEvents: number) {
  const catalogue = createCatalogue([{ name: "it", pattern: `${path}:${trees}` }], { partitionEvents });
  const values: number[] = [];
  const lengths: number[] = [];
  for (const partition of (await catalogue.get("it"))!.partitions) {
    const location = await catalogue.locate("it", partition, name);
    const target = makeTarget(location);
    values.push(...(valuesOf(target, (await readColumn(location, target)).values) as number[]));
    const [offsets] = target.offsets;
    if (offsets) for (let entry = 0; entry < location.entries; entry++) lengths.push(offsets[entry + 1]! - offsets[entry]!);
  }
  return { values, lengths };
}

for (const trees of ["A+B", "A+even"]) {
  test(`the columns of the RNTuples ${trees} are read as one, whole and in parts, and the first one's name counts`, async () => {
    for (const partitionEvents of [1000, 1]) {
      for (const [name, values] of Object.entries(expected)) {
        const lengths = name === "list" || name === "other" ? numbers.map((at) => at % 4) : [];
        assert.deepEqual(await readAll(trees, name, partitionEvents), { values, lengths }, `${name} by ${partitionEvents}`);
      }
    }
  });
}

test("RNTuples of other lengths, and such as are not there, are refused by name", async () => {
  const look = (trees: string) => createCatalogue([{ name: "it", pattern: `${path}:${trees}` }]).get("it");
  await assert.rejects(look("A+short"), /A has 100 entries and short 99: they cannot be read as one/);
  await assert.rejects(look("A+C"), /it has no tree C; it has A, B, even, short/);
});
