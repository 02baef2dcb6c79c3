/** Files of more than 4 GiB, which `make-far-files.py` wrote with uproot: positions of 64 bits. Most of them is a hole, made here, which takes no room on the disk. */
import assert from "node:assert/strict";
import { open, readFile } from "node:fs/promises";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { createCatalogue } from "../../../datasets/catalogue/catalogue.ts";
import { readColumn } from "../../../datasets/read-column.ts";
import { makeDirectory, makeTarget, valuesOf } from "../read-for-test.ts";

/** The bytes of each file as uproot wrote it, including its hole. */
const sizes = { tree: 5_368_733_799, ntuple: 5_368_714_993 };

async function putTogether(t: TestContext, name: keyof typeof sizes): Promise<string> {
  const [front, back] = await Promise.all(
    ["front", "back"].map((part) => readFile(fileURLToPath(new URL(`files/far/${name}.${part}`, import.meta.url)))),
  );
  const path = join(await makeDirectory(t), `${name}.root`);
  const file = await open(path, "w");
  await file.write(front!, 0, front!.length, 0);
  await file.write(back!, 0, back!.length, sizes[name] - back!.length);
  await file.close();
  return path;
}

/** The values, by the formulas of `make-far-files.py`. */
const firsts = [0, 100, 200];
const entries = Array.from({ length: 40 }, (_, entry) => entry);
const lengths = firsts.flatMap(() => entries.map((entry) => entry % 4));
const expected = {
  x: firsts.flatMap((first) => entries.map((entry) => entry + first)),
  id: firsts.flatMap((first) => entries.map((entry) => entry * 2 ** 40 + first)),
  list: firsts.flatMap((first) => Array.from({ length: 60 }, (_, place) => place + first)),
};

for (const name of ["tree", "ntuple"] as const) {
  test(`a ${name} is read from before and from behind 4 GiB of a file`, async (t) => {
    const catalogue = createCatalogue([{ name: "far", pattern: await putTogether(t, name) }], { partitionEvents: 50 });
    const { partitions, bytes } = (await catalogue.get("far"))!;
    assert.equal(bytes, sizes[name]);
    assert.ok(partitions.length > 1);
    const read: Record<string, unknown[]> = { x: [], id: [], list: [] };
    const counts: number[] = [];
    for (const partition of partitions) {
      for (const [column, values] of Object.entries(read)) {
        const location = await catalogue.locate("far", partition, column);
        const target = makeTarget(location);
        values.push(...valuesOf(target, (await readColumn(location, target)).values));
        const [offsets] = target.offsets;
        if (offsets) for (let entry = 0; entry < location.entries; entry++) counts.push(offsets[entry + 1]! - offsets[entry]!);
      }
    }
    assert.deepEqual(read, expected);
    assert.deepEqual(counts, lengths);
  });
}
