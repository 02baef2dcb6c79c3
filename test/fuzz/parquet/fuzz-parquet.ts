/**
 * Reads damaged Parquet files. Each column must be right, or refused by a `DatasetError`, or wrong in a way that no checksum could have revealed. Nothing else
 * may be thrown, and no file may take long.
 */
import { type ColumnLocation, DatasetError } from "../../../datasets/dataset.ts";
import { describeFile, formatNamed } from "../../../datasets/formats.ts";
import { readColumn } from "../../../datasets/read-column.ts";
import { type Nested, nest, readerNowOf, readerOf } from "../../datasets/parquet/read-file.ts";
import { makeTarget } from "../../datasets/read-for-test.ts";
import { seeded } from "../../support/seeded.ts";
import { type Fuzzer, measureMemory } from "../fuzzer.ts";
import { damageBytes } from "./damage-bytes.ts";
import { drawFile, type SoundFile } from "./draw-file.ts";

/** Damaged files from one sound one. */
const batchSize = 20;
const mostFaults = 20;
/** Milliseconds of the processor that no file may take. */
const longest = 10_000;
/** The column cache refuses columns larger than its memory; here the limit is this many values. */
const mostValues = 2 ** 24;

type Outcome = "right" | "refused" | "wrong where no checksum tells" | "too large";

export const fuzzParquet: Fuzzer = {
  what: "damaged Parquet files: numbers that are right, or a named refusal",
  async run({ seed, count, tell }) {
    const outcomes: Record<string, number> = {};
    const faults: string[] = [];
    let before: number | undefined;
    for (let first = 0; first < count && faults.length < mostFaults; first += batchSize) {
      if (before === undefined && first >= count / 10) before = measureMemory();
      const batch = seed + first / batchSize;
      const random = seeded(batch);
      const file = await drawFile(random);
      for (let input = first; input < Math.min(first + batchSize, count); input++) {
        const damaged = damageBytes(file.bytes, file.covered, random);
        const started = process.cpuUsage();
        try {
          const outcome = await tryFile(damaged, file);
          outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
          const { user, system } = process.cpuUsage(started);
          if (user + system > 1000 * longest) throw new Error(`it took ${(user + system) / 1e6} s of the processor`);
        } catch (error) {
          faults.push(`--seed ${batch} --count ${batchSize}, file ${input - first}: ${error instanceof Error ? error.stack : error}`);
        }
      }
      if ((first / batchSize) % 20 === 19) tell(`${first + batchSize} of ${count}`);
    }
    const after = measureMemory();
    return { outcomes, faults, ...(before !== undefined && after !== undefined && { growth: after - before }) };
  },
};

/** Throws for what must not be. */
async function tryFile(bytes: Uint8Array, sound: SoundFile): Promise<Outcome> {
  const isCovered = changesOnly(sound, bytes);
  let worst: Outcome = "right";
  try {
    const description = await describeFile(readerOf(bytes), "damaged.parquet");
    const format = formatNamed(description.shape.format);
    const reader = readerNowOf(bytes);
    for (const [name, expected] of sound.columns) {
      const column = description.shape.columns.get(name);
      if (!column) {
        worst = worst === "right" ? "refused" : worst;
        continue;
      }
      const entries: Nested[] = [];
      try {
        for (const [unit, range] of description.units.entries()) {
          if (range.entries === 0) continue;
          const { elements, place } = format.locate(description, unit, column);
          const form = { name, dtype: column.dtype, nullable: description.nullable[column.index] === 1, lists: column.lists.map(String) };
          const location: ColumnLocation = {
            file: { path: "/damaged.parquet", size: bytes.length, version: "" },
            format: format.name,
            column: form,
            ...range,
            elements,
            values: elements.at(-1) ?? range.entries,
            place,
          };
          if (location.values > mostValues || range.entries > mostValues) return "too large";
          const target = makeTarget(location);
          const read = await readColumn(location, target, { source: { open: async (_, use) => await use(reader) } });
          entries.push(...nest(target, range.entries, read.values));
        }
      } catch (error) {
        if (!(error instanceof DatasetError)) throw error;
        if (worst === "right") worst = "refused";
        continue;
      }
      if (textOf(entries) === textOf(expected)) continue;
      if (isCovered) throw new Error(`column ${name} is wrong, and a checksum could have shown it`);
      worst = "wrong where no checksum tells";
    }
    return worst;
  } catch (error) {
    if (error instanceof DatasetError) return "refused";
    throw error;
  }
}

const textOf = (values: unknown): string => JSON.stringify(values, (_, value) => (typeof value === "bigint" ? `${value}n` : value));

/** Whether all that was changed lies where checksums tell of it. */
function changesOnly({ bytes, covered }: SoundFile, damaged: Uint8Array): boolean {
  if (bytes.length !== damaged.length) return false;
  return bytes.every((byte, at) => byte === damaged[at] || covered.some(([start, end]) => start <= at && at < end));
}
