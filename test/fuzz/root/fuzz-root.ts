/**
 * Reads damaged ROOT files: real ones if they are there, otherwise the small ones of the tests. Each file is described, and some of its columns are read. A
 * column must be right, or refused by a `DatasetError` that names the file (and the column and entries, once they are known), or wrong in a way that no
 * checksum could have revealed. Nothing else may be thrown, no byte beyond the file may be requested, no file may take long, and memory must not grow with a
 * false length.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { type ColumnLocation, type ColumnTarget, DatasetError } from "../../../datasets/dataset.ts";
import type { FileDescription } from "../../../datasets/format.ts";
import { describeFile, formatNamed } from "../../../datasets/formats.ts";
import { makeTarget } from "../../../datasets/make-target.ts";
import { readColumn } from "../../../datasets/read-column.ts";
import type { ByteReader } from "../../../datasets/sources/source.ts";
import { realData } from "../../datasets/real-data.ts";
import { type Seeded, seeded } from "../../support/seeded.ts";
import { type Fuzzer, measureMemory } from "../fuzzer.ts";

const mostFaults = 20;
/** Milliseconds of the processor that no file may take. */
const longest = 10_000;
/** Bytes by which the process may grow for one file. */
const mostMemory = 2 ** 29;
/** The column cache refuses columns larger than its memory; here the limit is this many values. */
const mostValues = 2 ** 22;
const mostColumns = 12;
/** Reading the larger ones takes long, and shows nothing else. */
const largestFile = 2 ** 20;

type Outcome = "right" | "refused" | "wrong where no checksum tells";

interface SoundFile {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly isRNTuple: boolean;
  /** The content of the columns that were read from the undamaged file. */
  readonly columns: ReadonlyMap<string, string>;
}

export const fuzzRoot: Fuzzer = {
  what: "damaged ROOT files, TTree and RNTuple in turn: numbers that are right, or a named refusal",
  async run({ seed, count, tell }) {
    const all = await soundFiles();
    const kinds = [true, false].map((isRNTuple) => all.filter((file) => file.isRNTuple === isRNTuple));
    const outcomes: Record<string, number> = {};
    const faults: string[] = [];
    let before: number | undefined;
    for (let input = 0; input < count && faults.length < mostFaults; input++) {
      if (before === undefined && input >= count / 10) before = measureMemory();
      const random = seeded(seed + input);
      const file = random.pick(kinds[(seed + input) % 2]!);
      const damaged = damage(file.bytes, random);
      const started = process.cpuUsage();
      const memory = process.memoryUsage.rss();
      try {
        const outcome = `${file.isRNTuple ? "RNTuple" : "TTree"}: ${await tryFile(damaged, file)}`;
        outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
        const { user, system } = process.cpuUsage(started);
        if (user + system > 1000 * longest) throw new Error(`it took ${(user + system) / 1e6} s of the processor`);
        const grown = process.memoryUsage.rss() - memory;
        if (grown > mostMemory) throw new Error(`the process grew by ${grown} bytes`);
      } catch (error) {
        faults.push(`--seed ${seed + input} --count 1, ${file.name}: ${error instanceof Error ? error.stack : error}`);
      }
      if (input % 200 === 199) tell(`${input + 1} of ${count}`);
    }
    const after = measureMemory();
    return { outcomes, faults, ...(before !== undefined && after !== undefined && { growth: after - before }) };
  },
};

/** Changes one to four bytes, or cuts the end of the file. */
function damage(bytes: Uint8Array, random: Seeded): Uint8Array {
  if (random.chance(0.2)) return bytes.slice(0, random.below(bytes.length));
  const damaged = bytes.slice();
  const first = random.below(bytes.length);
  for (let times = 0; times < 1 + random.below(4); times++) {
    const at = random.chance(0.5) ? Math.min(bytes.length - 1, first + times) : random.below(bytes.length);
    damaged[at] = random.chance(0.5) ? damaged[at]! ^ (1 << random.below(8)) : random.pick([0, 1, 127, 128, 255]);
  }
  return damaged;
}

async function soundFiles(): Promise<readonly SoundFile[]> {
  const own = fileURLToPath(new URL("../../datasets/root/files/", import.meta.url));
  const folders = existsSync(realData("root")) ? [realData("root")] : [own, `${own}rntuple/`];
  const files: SoundFile[] = [];
  for (const folder of folders) {
    for (const name of readdirSync(folder).filter((each) => each.endsWith(".root"))) {
      const bytes = Uint8Array.from(readFileSync(`${folder}/${name}`));
      if (bytes.length > largestFile) continue;
      const file = await openSound(name, bytes).catch((error) => {
        // A file with several trees is read by the name of one of them.
        if (error instanceof DatasetError) return undefined;
        throw error;
      });
      if (file && file.columns.size > 0) files.push(file);
    }
  }
  return files;
}

async function openSound(name: string, bytes: Uint8Array): Promise<SoundFile> {
  const description = await describeFile(readerOf(bytes), name);
  const columns = new Map<string, string>();
  const names = [...description.shape.columns.keys()];
  for (const column of names.filter((_, index) => index % Math.ceil(names.length / (4 * mostColumns)) === 0)) {
    const outcome = await readWhole(readerOf(bytes), name, description, column);
    if (typeof outcome === "string") columns.set(column, outcome);
  }
  const [first] = description.shape.columns.values();
  const isRNTuple = (first?.stored as { readonly kind?: string } | undefined)?.kind === "field";
  return { name, bytes, isRNTuple, columns };
}

function readerOf(bytes: Uint8Array): ByteReader {
  return {
    byteLength: bytes.length,
    async slice(start, end = bytes.length) {
      if (!(start >= 0 && start <= end && end <= bytes.length))
        throw new RangeError(`bytes ${start}–${end} were asked for of ${bytes.length}`);
      return bytes.slice(start, end).buffer as ArrayBuffer;
    },
  };
}

/** Throws for what must not be. */
async function tryFile(bytes: Uint8Array, sound: SoundFile): Promise<Outcome> {
  const reader = readerOf(bytes);
  let description: FileDescription;
  try {
    description = await describeFile(reader, sound.name);
  } catch (error) {
    return refusal(error, sound.name);
  }
  let worst: Outcome = "right";
  const random = seeded(bytes.length);
  const names = [...sound.columns.keys()];
  for (const name of Array.from({ length: Math.min(mostColumns, names.length) }, () => random.pick(names))) {
    const column = description.shape.columns.get(name);
    const held = column ? await readWhole(reader, sound.name, description, name) : undefined;
    if (held === sound.columns.get(name)) continue;
    if (typeof held === "string") {
      // Envelopes and pages have checksums, and so have baskets with most codecs, but not uncompressed ones and those with ZSTD.
      if (sound.isRNTuple) throw new Error(`column ${name} is wrong, and a checksum could have shown it`);
      worst = "wrong where no checksum tells";
    } else if (worst === "right") worst = "refused";
  }
  return worst;
}

/** Reads a column's content in a form that can be compared; undefined if it is refused as it should be. */
async function readWhole(reader: ByteReader, file: string, description: FileDescription, name: string): Promise<string | undefined> {
  const format = formatNamed(description.shape.format);
  const column = description.shape.columns.get(name)!;
  const held: string[] = [];
  for (const [unit, range] of description.units.entries()) {
    if (range.entries === 0) continue;
    const { elements, place } = format.locate(description, unit, column);
    const form = { name, dtype: column.dtype, nullable: description.nullable[column.index] === 1, lists: column.lists.map(String) };
    const identity = { path: `/${file}`, size: reader.byteLength, version: "" };
    const values = elements.at(-1) ?? range.entries;
    const location: ColumnLocation = { file: identity, format: format.name, column: form, ...range, elements, values, place };
    if (Math.max(range.entries, ...elements) > mostValues) return undefined;
    const target = makeTarget(location);
    try {
      const read = await readColumn(location, target, { source: { open: async (_, use) => await use(reader) } });
      held.push(textOf(target, read.values, read.stringBytes ?? 0));
    } catch (error) {
      refusal(error, file, name);
      return undefined;
    }
  }
  return held.join("\n");
}

const textOf = ({ values, strings, offsets }: ColumnTarget, count: number, stringBytes: number): string =>
  [values.subarray(0, count), ...(strings ? [strings.subarray(0, stringBytes)] : []), ...offsets].map(hashOf).join(" ");

function hashOf(array: ArrayBufferView): string {
  let hash = 0x811c9dc5;
  for (const byte of new Uint8Array(array.buffer, array.byteOffset, array.byteLength)) hash = Math.imul(hash ^ byte, 0x01000193);
  return `${array.byteLength}:${hash >>> 0}`;
}

/** Throws the error unless it is a refusal on which a physicist can act. */
function refusal(error: unknown, file: string, column?: string): "refused" {
  if (!(error instanceof DatasetError)) throw error;
  const isNamed =
    error.message.includes(file) && (column === undefined || (error.message.includes(column) && error.message.includes("entries")));
  if (!isNamed) throw new Error(`the refusal names not enough: ${error.message}`);
  return "refused";
}
