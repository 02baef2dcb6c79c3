/**
 * Reads a column of an RNTuple into flat content, validity and offsets, cluster by cluster: first the ends of its lists, from the outermost inwards, then
 * the values in them.
 *
 * Guarantees: on return exactly the location's entries were decoded, offsets never decrease, a missing value's content is 0, and nothing was written
 * outside of the target. Otherwise it throws, and the target's content is arbitrary.
 */
import type { ColumnLocation, ColumnTarget, ReadCounts } from "../../dataset.ts";
import { isLong, wordsOf } from "../../long-arrays.ts";
import type { ByteReader } from "../../sources/source.ts";
import { StringDictionary } from "../../string-dictionary.ts";
import { prepareCodecs } from "../compression/decompress.ts";
import type { ClusterPlace, PageRun, PagesPlace } from "./locate-pages.ts";
import { elementsOf, rangesOf, readElements } from "./read-elements.ts";
import { type Range, readEnds } from "./read-ends.ts";
import type { StoredField } from "./stored-field.ts";

/** The state of reading a column. */
interface Progress {
  /** The number of entries so far, then of elements of each level of lists; the last number is that of the values. */
  readonly counts: number[];
  missing: number;
  readonly strings: StringDictionary | undefined;
}

type Size = Pick<ColumnLocation, "entries" | "elements" | "values">;

export async function readPages(file: ByteReader, place: PagesPlace, location: Size, target: ColumnTarget): Promise<ReadCounts> {
  await prepareCodecs();
  const { stored, isPresence = false, clusters } = place;
  const strings = stored.value.kind === "text" && !isPresence ? new StringDictionary() : undefined;
  const progress: Progress = { counts: [0, ...location.elements.map(() => 0)], missing: 0, strings };
  for (const offsets of target.offsets) offsets[0] = 0;
  for (const cluster of clusters) await readCluster(file, stored, cluster, { progress, location, target, isPresence });
  const { counts, missing } = progress;
  if (counts[0] !== location.entries) throw new Error(`it has ${counts[0]} entries where the file states ${location.entries}`);
  const done = { values: counts.at(-1)!, missing };
  return strings ? { ...done, stringBytes: strings.write(target.strings!) } : done;
}

/** The ranges of the file that `readPages` reads. */
export function rangesOfPages({ clusters }: PagesPlace): { readonly start: number; readonly end: number }[] {
  return clusters.flatMap(({ runs }) => runs.flatMap((run) => [...rangesOf(run)]));
}

/** The offsets of the first lists, as far as one page of the first cluster has them. */
export async function readFirstPageOffsets(file: ByteReader, { clusters, stored }: PagesPlace): Promise<Uint32Array> {
  await prepareCodecs();
  const [cluster] = clusters;
  if (!cluster) return new Uint32Array(0);
  const { steps } = stored;
  const [first] = cluster.runs;
  const inFirstPage = steps[0]?.kind === "array" ? cluster.entries : first!.zeros + (first!.pages[2] ?? 0) - cluster.first;
  const count = Math.max(0, Math.min(cluster.entries, inFirstPage));
  let range: Range = { begin: cluster.first, count };
  let present: Uint8Array | undefined;
  let run = 0;
  for (const step of steps) {
    const output = new Uint32Array(count + 1);
    if (step.kind === "array") {
      for (let entry = 0; entry < count; entry++) output[entry + 1] = output[entry]! + (present?.[entry] === 0 ? 0 : step.length);
      return output;
    }
    const { begin, ends } = await readEnds(file, cluster.runs[run++]!, range);
    range = { begin, count: ends.at(-1) ?? 0 };
    if (step.kind === "optional") {
      present = presentIn(ends, present);
      continue;
    }
    if (present) spreadEnds(ends, present, output.subarray(1));
    else output.set(ends, 1);
    return output;
  }
  return new Uint32Array(0);
}

interface ClusterRead {
  readonly progress: Progress;
  readonly location: Size;
  readonly target: ColumnTarget;
  readonly isPresence: boolean;
}

async function readCluster(
  file: ByteReader,
  { steps, value }: StoredField,
  { first, entries, isWhole, runs }: ClusterPlace,
  { progress, location, target, isPresence }: ClusterRead,
): Promise<void> {
  const { counts } = progress;
  let range: Range = { begin: first, count: entries };
  // For each element of the innermost list so far, 1 if the optionals around it are not empty, else 0.
  let present: Uint8Array | undefined;
  let level = 0;
  let run = 0;
  counts[0]! += entries;
  if (counts[0]! > location.entries) throw new Error(`it has more than the ${location.entries} entries that the file states`);
  const nextRun = () => {
    const next = runs[run++]!;
    if (isWhole && elementsOf(next) !== range.count) {
      throw new Error(`a column has ${elementsOf(next)} elements in its cluster where there are ${range.count}`);
    }
    return next;
  };
  for (const step of steps) {
    if (step.kind === "optional") {
      const { begin, ends } = await readEnds(file, nextRun(), range);
      present = presentIn(ends, present);
      range = { begin, count: ends.at(-1) ?? 0 };
      continue;
    }
    const slots = present?.length ?? range.count;
    const done = counts[level]! - slots;
    const before = counts[level + 1]!;
    const output = target.offsets[level]!.subarray(done + 1, done + 1 + slots);
    if (step.kind === "array") {
      // Only present elements have elements inside.
      for (let slot = 0, end = before; slot < slots; slot++) {
        end += present?.[slot] === 0 ? 0 : step.length;
        output[slot] = end;
      }
      range = { begin: range.begin * step.length, count: range.count * step.length };
    } else {
      const { begin, ends } = await readEnds(file, nextRun(), range, present ? undefined : output);
      range = { begin, count: ends.at(-1) ?? 0 };
      if (present) spreadEnds(ends, present, output);
      if (before !== 0) for (let slot = 0; slot < slots; slot++) output[slot]! += before;
    }
    present = undefined;
    level++;
    counts[level] = before + range.count;
    if (counts[level]! > location.elements[level - 1]!) {
      throw new Error(`its lists have ${counts[level]} elements where its pages state ${location.elements[level - 1]}`);
    }
  }
  const slots = present?.length ?? range.count;
  const from = counts.at(-1)! - slots;
  if (isPresence) {
    for (let slot = 0; slot < slots; slot++) target.values[from + slot] = present?.[slot] ?? 1;
    return;
  }
  const values = target.values.subarray(from, from + range.count);
  await readValues(file, value.kind, { runs: [nextRun(), runs[run]], range, values, strings: progress.strings, isWhole });
  target.valid?.fill(1, from, from + slots);
  if (!present) return;
  target.valid!.set(present, from);
  spreadValues(target.values.subarray(from, from + slots), present, range.count);
  progress.missing += slots - range.count;
}

interface ValueRead {
  readonly runs: readonly [PageRun, PageRun | undefined];
  readonly range: Range;
  readonly values: ColumnTarget["values"];
  readonly strings: StringDictionary | undefined;
  readonly isWhole: boolean;
}

async function readValues(
  file: ByteReader,
  kind: StoredField["value"]["kind"],
  { runs, range, values, strings, isWhole }: ValueRead,
): Promise<void> {
  const [run, characters] = runs;
  if (kind === "number") return await readElements(file, run, range.begin, values);
  const { begin, ends } = await readEnds(file, run, range);
  if (kind === "lengths") {
    for (let at = 0, before = 0; at < ends.length; at++) {
      values[at] = ends[at]! - before;
      before = ends[at]!;
    }
    return;
  }
  const length = ends.at(-1) ?? 0;
  if (length > elementsOf(characters!) || (isWhole && length !== elementsOf(characters!))) {
    throw new Error(`its strings have ${length} characters where there are ${elementsOf(characters!)}`);
  }
  const text = new Uint8Array(length);
  await readElements(file, characters!, begin, text);
  for (let at = 0, from = 0; at < ends.length; at++) {
    values[at] = strings!.add(text, from, ends[at]!);
    from = ends[at]!;
  }
}

/** One byte for each element: 1 if its optional is not empty. `ends` has only the elements that are present in `outer`, or all if that is absent. */
function presentIn(ends: Uint32Array, outer: Uint8Array | undefined): Uint8Array {
  const present = new Uint8Array(outer?.length ?? ends.length);
  let at = 0;
  let before = 0;
  for (let slot = 0; slot < present.length; slot++) {
    if (outer?.[slot] === 0) continue;
    const end = ends[at++]!;
    if (end - before > 1) throw new Error(`an optional value is there ${end - before} times`);
    present[slot] = end - before;
    before = end;
  }
  return present;
}

/** Moves the first `count` values to the present places, from the back, and writes 0 to the others. */
function spreadValues(values: ColumnTarget["values"], present: Uint8Array, count: number): void {
  if (!isLong(values)) {
    for (let to = values.length - 1, from = count; to >= 0; to--) values[to] = present[to] === 1 ? values[--from]! : 0;
    return;
  }
  const words = wordsOf(values);
  for (let to = values.length - 1, from = count; to >= 0; to--) {
    if (present[to] === 1) from--;
    for (const half of [0, 1]) words[2 * to + half] = present[to] === 1 ? words[2 * from + half]! : 0;
  }
}

/** Writes ends for all elements; missing elements get empty lists. */
function spreadEnds(ends: Uint32Array, present: Uint8Array, output: Uint32Array): void {
  let at = 0;
  let end = 0;
  for (let slot = 0; slot < present.length; slot++) {
    if (present[slot] === 1) end = ends[at++]!;
    output[slot] = end;
  }
}
