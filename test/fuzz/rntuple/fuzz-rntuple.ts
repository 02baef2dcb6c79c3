/**
 * Reads damaged RNTuples, and RNTuples whose metadata are false although their checksums are right. Damaged files must give the right numbers, or wrong ones if
 * no checksum could have revealed it, or a `DatasetError`. False metadata may give any numbers or a `DatasetError`. Nothing else may be thrown, nothing may be
 * read beyond the file, and no file may take long.
 */
import { readFile } from "node:fs/promises";
import process from "node:process";
import { type ColumnLocation, DatasetError } from "../../../datasets/dataset.ts";
import { describeFile, formatNamed } from "../../../datasets/formats.ts";
import { readColumn } from "../../../datasets/read-column.ts";
import type { ByteReader } from "../../../datasets/sources/source.ts";
import { makeTarget } from "../../datasets/read-for-test.ts";
import { seeded } from "../../support/seeded.ts";
import { type Fuzzer, measureMemory } from "../fuzzer.ts";
import { damageBytes } from "../parquet/damage-bytes.ts";
import { type ForgeableFile, forgeEnvelope, openForgeable } from "./forge-envelopes.ts";

const folder = new URL("../../datasets/root/files/rntuple/", import.meta.url);
/** Their envelopes are not compressed. */
const names = ["structures.root", "extension.root"];
const mostFaults = 20;
/** Milliseconds of the processor that no file may take. */
const longest = 10_000;
/** The column cache refuses columns larger than its memory; here the limit is this many values. */
const mostValues = 2 ** 22;

export const fuzzRNTuple: Fuzzer = {
  what: "damaged RNTuples, and RNTuples whose metadata lie: numbers, or a named refusal",
  async run({ seed, count, tell }) {
    const files: ForgeableFile[] = [];
    for (const name of names) files.push(await openForgeable(await readFile(new URL(name, folder))));
    const outcomes: Record<string, number> = {};
    const faults: string[] = [];
    let before: number | undefined;
    for (let input = 0; input < count && faults.length < mostFaults; input++) {
      if (before === undefined && input >= count / 10) before = measureMemory();
      const random = seeded(seed + input);
      const file = random.pick(files);
      const isForged = random.chance(0.7);
      const bytes = isForged ? forgeEnvelope(file, random) : damageBytes(file.bytes, [], random);
      const started = process.cpuUsage();
      try {
        const outcome = `${isForged ? "lies" : "damage"}: ${await tryFile(bytes)}`;
        outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
        const { user, system } = process.cpuUsage(started);
        if (user + system > 1000 * longest) throw new Error(`it took ${(user + system) / 1e6} s of the processor`);
      } catch (error) {
        faults.push(`--seed ${seed + input} --count 1: ${error instanceof Error ? error.stack : error}`);
      }
      if (input % 1000 === 999) tell(`${input + 1} of ${count}`);
    }
    const after = measureMemory();
    return { outcomes, faults, ...(before !== undefined && after !== undefined && { growth: after - before }) };
  },
};

/** Throws for what must not be. */
async function tryFile(bytes: Uint8Array): Promise<"read" | "some columns refused" | "refused" | "too large"> {
  let beyond: string | undefined;
  const reader: ByteReader = {
    byteLength: bytes.length,
    async slice(start, end = bytes.length) {
      if (!(start >= 0 && start <= end && end <= bytes.length)) beyond = `bytes ${start}–${end} were asked for of ${bytes.length}`;
      return Uint8Array.from(bytes.subarray(start, end)).buffer;
    },
  };
  let outcome: "read" | "some columns refused" | "too large" = "read";
  try {
    const description = await describeFile(reader, "damaged.root", {});
    const format = formatNamed(description.shape.format);
    for (const [name, column] of description.shape.columns) {
      for (const [unit, range] of description.units.entries()) {
        const { elements, place } = format.locate(description, unit, column);
        const form = { name, dtype: column.dtype, nullable: description.nullable[column.index] === 1, lists: column.lists.map(String) };
        const file = { path: "/damaged.root", size: bytes.length, version: "" };
        const values = elements.at(-1) ?? range.entries;
        const location: ColumnLocation = { file, format: format.name, column: form, ...range, elements, values, place };
        if (Math.max(range.entries, ...elements) > mostValues) {
          outcome = "too large";
          continue;
        }
        try {
          await readColumn(location, makeTarget(location), { source: { open: async (_, use) => await use(reader) } });
        } catch (error) {
          if (!(error instanceof DatasetError)) throw error;
          if (outcome === "read") outcome = "some columns refused";
        }
      }
    }
    if (beyond !== undefined) throw new Error(beyond);
    return outcome;
  } catch (error) {
    if (error instanceof DatasetError && beyond === undefined) return "refused";
    throw beyond === undefined ? error : new Error(beyond);
  }
}
