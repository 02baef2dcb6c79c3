import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import type { FileDescription } from "../../../datasets/format.ts";
import { root } from "../../../datasets/root/root.ts";
import { missingData, realData } from "../real-data.ts";
import { partsOfType, readStatistics, statisticsFile } from "./statistics.ts";

const skip = missingData(statisticsFile);

/** The description of a file, or of these bytes, and how many reads it took. */
async function describe(file: string | Uint8Array, tree?: string, partitionEvents?: number) {
  const bytes = typeof file === "string" ? readFileSync(realData(`root/${file}`)) : file;
  let reads = 0;
  const slice = async (start: number, end: number = bytes.length) => {
    reads++;
    return new Uint8Array(bytes.subarray(start, end)).buffer;
  };
  const description = await root.describe({ byteLength: bytes.length, slice }, "a.root", { tree, partitionEvents });
  return { description, reads };
}

const unitsOf = ({ units }: FileDescription) => units.map(({ firstEntry, entries }) => [firstEntry, entries]);

test("describe knows every column that uproot reads in TTrees, with its type and lists", { skip }, async () => {
  const dtypes: Record<string, string> = { bool: "bool", float32: "float32", uint32: "uint32", int64: "int64", uint64: "uint64" };
  for (const [file, trees] of Object.entries(readStatistics())) {
    for (const [tree, { kind, entries, columns }] of Object.entries(trees)) {
      if (!kind.startsWith("T")) continue;
      const { description, reads } = await describe(file, tree);
      assert.equal(
        description.units.reduce((sum, unit) => sum + unit.entries, 0),
        entries,
        file,
      );
      assert.ok(reads <= 4, `${file}: ${reads} reads`);
      for (const [name, { type }] of Object.entries(columns)) {
        const { lists, value } = partsOfType(type);
        const column = description.shape.columns.get(name);
        assert.ok(column, `${file}: ${name}`);
        assert.equal(column.lists.length, lists, `${file}: ${name}`);
        if (column.dtype !== "float64") assert.equal(column.dtype, dtypes[value] ?? "int32", `${file}: ${name}`);
      }
    }
  }
});

test("describe gives vectors the names that four-vectors have", { skip }, async () => {
  const { description } = await describe("uproot-HZZ-objects.root");
  const names = [...description.shape.columns].filter(([name]) => /^(jetp4|MET|MC_lepton)\./.test(name));
  assert.deepEqual(
    names.map(([name, { lists }]) => [name, lists]),
    [
      ...["px", "py", "pz", "energy"].map((field) => [`jetp4.${field}`, [1]]),
      ...["x", "y"].map((field) => [`MET.${field}`, []]),
      ...["x", "y", "z"].map((field) => [`MC_lepton.${field}`, []]),
    ],
  );
});

test("describe keeps clusters whole, and divides a tree without known clusters about evenly, where all branches begin a basket", {
  skip,
}, async () => {
  const { description: clustered } = await describe("uproot-issue79.root", undefined, 400_000);
  assert.deepEqual(unitsOf(clustered), [
    [0, 711_309],
    [711_309, 288_691],
  ]);
  const { description } = await describe("uproot-hepdata-example.root", undefined, 30_000);
  assert.deepEqual(unitsOf(description), [
    [0, 30_000],
    [30_000, 30_000],
    [60_000, 15_000],
  ]);
});

test("describe names the trees where it has not the one that is asked for", { skip }, async () => {
  await assert.rejects(describe("uproot-HZZ.root", "Events"), /^DatasetError: Cannot read a\.root: it has no tree Events; it has events$/);
});

test("describe refuses a file that is cut off, at each length, and one that was not closed", { skip }, async () => {
  const whole = readFileSync(realData("root/uproot-HZZ-zstd.root"));
  for (let length = 0; length < whole.length; length += 5_003) {
    await assert.rejects(describe(whole.subarray(0, length)), { name: "DatasetError", permanent: true });
  }
  await assert.rejects(describe(whole.subarray(0, -1)), /it is cut off: it has 225551 bytes where it states 225552$/);
  const open = Uint8Array.from(whole);
  // The list of keys of the top directory: its place and its length.
  const record = 100 + new DataView(open.buffer).getUint32(28);
  open.fill(0, record + 10, record + 14).fill(0, record + 26, record + 30);
  await assert.rejects(describe(open), /it was not closed/);
});

test("describe ends on any bytes", { skip }, async () => {
  const whole = readFileSync(realData("root/uproot-issue-816.root"));
  for (let seed = 1; seed <= 300; seed++) {
    const bytes = Uint8Array.from(whole);
    // The metadata stand at the beginning and at the end.
    for (let flip = 0; flip < 3; flip++) {
      const random = (Math.imul(seed * 3 + flip, 2654435761) >>> 0) / 2 ** 32;
      const at = flip === 0 ? Math.floor(random * 300) : Math.floor(bytes.length - 1 - random * 12_000);
      bytes[at] ^= 1 << (seed % 8);
    }
    await describe(bytes).catch((error) => assert.equal(error.name, "DatasetError", String(error.stack)));
  }
});
