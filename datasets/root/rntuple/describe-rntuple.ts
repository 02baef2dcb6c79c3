/**
 * Describes an RNTuple, or several of equal length that are read as one, from their headers, footers and page lists. A unit is as many clusters of the
 * first one as are needed for the wanted number of entries. Throws an `Error` if the file is damaged.
 */
import { type FileColumn, type FileDescription, mostListLevels, tooDeep, usualPartitionEvents } from "../../format.ts";
import type { ByteReader } from "../../sources/source.ts";
import { shapeOf } from "../known-shapes.ts";
import type { Anchor } from "./anchor.ts";
import type { DescribedField } from "./describe-fields.ts";
import { readFields } from "./known-fields.ts";
import { type ClusterPlaces, clustersIn, placesPrefix, sizeOf } from "./locate-pages.ts";
import { readPageLists } from "./page-lists.ts";
import { readEnvelope } from "./read-envelope.ts";
import { nullableLists, type StoredField } from "./stored-field.ts";

const checksumBytes = 8;
const leastGroup = 48;
/** The most values, since offsets are 32 bits. */
const mostValues = 2 ** 32 - 2;

export interface RNTupleOptions {
  /** The format's name, for the description. */
  readonly format: string;
  readonly tree?: string | undefined;
  readonly partitionEvents?: number | undefined;
}

export interface NamedAnchor {
  readonly name: string;
  readonly anchor: Anchor;
}

interface ReadNtuple {
  readonly name: string;
  readonly fields: readonly DescribedField[];
  readonly places: ClusterPlaces;
}

/** If several RNTuples have a column of one name, the first one's column counts. */
export async function describeRNTuple(
  file: ByteReader,
  anchors: readonly NamedAnchor[],
  { format, tree, partitionEvents = usualPartitionEvents }: RNTupleOptions,
): Promise<FileDescription> {
  const ntuples: ReadNtuple[] = [];
  for (const each of anchors) ntuples.push(await readNtuple(file, each));
  const [first, ...others] = ntuples.map(({ name, places }) => ({ name, entries: places.entries.reduce((sum, count) => sum + count, 0) }));
  const other = others.find(({ entries }) => entries !== first!.entries);
  if (other) throw new Error(`${first!.name} has ${first!.entries} entries and ${other.name} ${other.entries}: they cannot be read as one`);
  return await describe(ntuples, { format, tree, partitionEvents });
}

async function readNtuple(file: ByteReader, { name, anchor }: NamedAnchor): Promise<ReadNtuple> {
  const { content: header, checksum } = await readEnvelope(file, anchor.header, "header");
  header.featureFlags();
  // Skips name, description and writer.
  for (let text = 0; text < 3; text++) header.string();
  const { content: footer } = await readEnvelope(file, anchor.footer, "footer");
  footer.featureFlags();
  if (footer.bytes(checksumBytes).some((byte, at) => byte !== checksum[at])) throw new Error("its footer belongs to another header");
  const { fields, columns } = readFields(header, footer.record());
  const { entries, ...pages } = await readPageLists(file, footer.list(leastGroup), checksum, columns);
  return { name, fields, places: { ...pages, entries: Float64Array.from(entries) } };
}

async function describe(
  ntuples: readonly ReadNtuple[],
  { format, tree, partitionEvents }: RNTupleOptions & { readonly partitionEvents: number },
): Promise<FileDescription> {
  const units = groupClusters(ntuples[0]!.places.entries, partitionEvents);
  const columns = new Map<string, FileColumn>();
  const unsupported: { name: string; reason: string }[] = [];
  const values: Float64Array[] = [];
  const nullable: number[] = [];
  const rounded: number[] = [];
  const nullLists: number[] = [];
  let hasBounds = false;
  for (const [ntuple, { fields, places }] of ntuples.entries()) {
    const unitClusters = units.map((unit) => [...clustersIn(unit, places)]);
    hasBounds ||= unitClusters.flat().some(({ isWhole }) => !isWhole);
    const before = new Set([...columns.keys(), ...unsupported.map(({ name }) => name)]);
    const known = new Set<string>();
    const twice = new Set(fields.filter(({ name }) => known.size === known.add(name).size).map(({ name }) => name));
    for (const { name, parts, lists: path, content } of fields) {
      if (before.has(name)) continue;
      if (twice.has(name)) {
        if (!unsupported.some((each) => each.name === name)) unsupported.push({ name, reason: "is the name of two fields" });
      } else if ("refused" in content) unsupported.push({ name, reason: content.refused });
      else if (path.length > mostListLevels) unsupported.push({ name, reason: tooDeep });
      else {
        const { dtype, isNullable, isRounded } = content;
        const stored: StoredField = ntuple === 0 ? content.stored : { ...content.stored, ntuple };
        const counts = unitClusters.map((clusters) => countValues(stored, places, clusters));
        const most = counts.reduce((a, b) => Math.max(a, b), 0);
        if (most > mostValues) {
          unsupported.push({ name, reason: `has ${most} values in one cluster, more than the ${mostValues} that are supported` });
          continue;
        }
        const [step] = stored.steps;
        const counter = step?.kind === "list" ? placesPrefix(ntuple) + step.ends.map(({ id }) => id).join() : undefined;
        columns.set(name, { index: values.length, parts, lists: path, ...(counter !== undefined && { counter }), dtype, stored });
        values.push(Float64Array.from(counts));
        nullable.push(isNullable ? 1 : 0);
        rounded.push(isRounded ? 1 : 0);
        nullLists.push(nullableLists(stored).reduce((bits, isNullable, level) => bits | (isNullable ? 1 << level : 0), 0));
      }
    }
  }
  const named = { ...(tree !== undefined && { tree }), ...(hasBounds && { hasBounds }) };
  const shape = await shapeOf({ format, columns, unsupported, ...named });
  const byUnit = Float64Array.from(units.flatMap((_, unit) => values.map((counts) => counts[unit]!)));
  const places = ntuples.flatMap(({ places }, ntuple) =>
    Object.entries(places).map(([name, array]) => [placesPrefix(ntuple) + name, array] as const),
  );
  return {
    shape,
    units,
    nullable: Uint8Array.from(nullable),
    ...(rounded.includes(1) && { rounded: Uint8Array.from(rounded) }),
    ...(nullLists.some((bits) => bits !== 0) && { nullLists: Uint8Array.from(nullLists) }),
    values: byUnit,
    places: Object.fromEntries(places),
  };
}

/**
 * The number of values in the innermost lists of some clusters, counting whole clusters. If one of the field's columns has more elements than
 * supported, returns that number.
 */
function countValues(
  stored: StoredField,
  places: ClusterPlaces,
  clusters: readonly { readonly cluster: number; readonly entries: number }[],
): number {
  let values = 0;
  for (const { cluster, entries } of clusters) {
    const sizes = sizeOf(stored, places, cluster);
    const most = Math.max(...sizes.elements, sizes.stored);
    if (most > mostValues) return most;
    values += sizes.elements.at(-1) ?? entries;
  }
  return values;
}

/** Units of consecutive clusters with at least `least` entries, the last one perhaps fewer. Empty clusters count for nothing. */
function groupClusters(entries: Float64Array, least: number) {
  const units: { entries: number; firstEntry: number }[] = [];
  let firstEntry = 0;
  let open = false;
  for (const count of entries) {
    if (count > 0) {
      if (open) units.at(-1)!.entries += count;
      else units.push({ entries: count, firstEntry });
      open = units.at(-1)!.entries < least;
    }
    firstEntry += count;
  }
  return units;
}
