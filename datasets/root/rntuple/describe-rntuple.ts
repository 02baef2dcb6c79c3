/**
 * The description of an RNTuple, from its header, footer and page lists. Units are as many clusters as have the entries that are asked for.
 * Throws an `Error` that says what makes no sense.
 */
import { sha256 } from "../../../engine/sha256.ts";
import { type FileColumn, type FileDescription, type FileShape, usualPartitionEvents } from "../../format.ts";
import type { ByteReader } from "../../sources/source.ts";
import type { Anchor } from "./anchor.ts";
import { type DescribedField, describeFields } from "./describe-fields.ts";
import { type ClusterPlaces, sizeOf } from "./locate-pages.ts";
import { type PageLists, readPageLists } from "./page-lists.ts";
import { readEnvelope } from "./read-envelope.ts";
import { checkSchema, type NtupleSchema, readSchema } from "./schema.ts";
import { nullableLists, type StoredField } from "./stored-field.ts";

const checksumBytes = 8;
const leastGroup = 48;
/** Offsets are 32 bits. */
const mostValues = 2 ** 32 - 2;

export interface RNTupleOptions {
  /** Name of the format, which the description carries, as it does the RNTuple's where nobody asked for it by its name. */
  readonly format: string;
  readonly tree?: string | undefined;
  readonly partitionEvents?: number | undefined;
}

export async function describeRNTuple(
  file: ByteReader,
  anchor: Anchor,
  { format, tree, partitionEvents = usualPartitionEvents }: RNTupleOptions,
): Promise<FileDescription> {
  const schema: NtupleSchema = { fields: [], columns: [], aliases: [] };
  const { content: header, checksum } = await readEnvelope(file, anchor.header, "header");
  header.featureFlags();
  // Name, description, writer.
  for (let text = 0; text < 3; text++) header.string();
  readSchema(header, schema);
  const { content: footer } = await readEnvelope(file, anchor.footer, "footer");
  footer.featureFlags();
  if (footer.bytes(checksumBytes).some((byte, at) => byte !== checksum[at])) throw new Error("its footer belongs to another header");
  readSchema(footer.record(), schema);
  checkSchema(schema);
  const lists = await readPageLists(file, footer.list(leastGroup), checksum, schema.columns);
  return await describe(describeFields(schema), lists, { format, tree, partitionEvents });
}

async function describe(
  fields: readonly DescribedField[],
  lists: PageLists,
  { format, tree, partitionEvents }: RNTupleOptions & { readonly partitionEvents: number },
): Promise<FileDescription> {
  const { units, unitClusters } = groupClusters(lists.entries, partitionEvents);
  const { entries, ...pages } = lists;
  const places: ClusterPlaces = { ...pages, entries: Float64Array.from(entries) };
  const columns = new Map<string, FileColumn>();
  const unsupported: { name: string; reason: string }[] = [];
  const values: Float64Array[] = [];
  const known = new Set<string>();
  const twice = new Set(fields.filter(({ name }) => known.size === known.add(name).size).map(({ name }) => name));
  const nullable: number[] = [];
  const rounded: number[] = [];
  const nullLists: number[] = [];
  for (const { name, parts, lists: path, content } of fields) {
    const index = values.length;
    if (twice.has(name)) {
      if (!unsupported.some((each) => each.name === name)) unsupported.push({ name, reason: "is the name of two fields" });
    } else if ("refused" in content) unsupported.push({ name, reason: content.refused });
    else {
      const { dtype, stored, isNullable, isRounded } = content;
      const counts = unitClusters.map((clusters) => countValues(stored, places, clusters));
      const most = counts.reduce((a, b) => Math.max(a, b), 0);
      if (most > mostValues) {
        unsupported.push({ name, reason: `has ${most} values in one cluster, more than the ${mostValues} that are supported` });
        continue;
      }
      const [step] = stored.steps;
      const counter = step?.kind === "list" ? step.ends.map(({ id }) => id).join() : undefined;
      columns.set(name, { index, parts, lists: path, ...(counter !== undefined && { counter }), dtype, stored });
      values.push(Float64Array.from(counts));
      nullable.push(isNullable ? 1 : 0);
      rounded.push(isRounded ? 1 : 0);
      nullLists.push(nullableLists(stored).reduce((bits, isNullable, level) => bits | (isNullable ? 1 << level : 0), 0));
    }
  }
  const digest = await sha256(JSON.stringify([format, tree, unsupported, ...columns]));
  const shape: FileShape = { format, columns, unsupported, ...(tree !== undefined && { tree }), digest };
  const byUnit = Float64Array.from(units.flatMap((_, unit) => values.map((counts) => counts[unit]!)));
  return {
    shape,
    units,
    nullable: Uint8Array.from(nullable),
    ...(rounded.includes(1) && { rounded: Uint8Array.from(rounded) }),
    ...(nullLists.some((bits) => bits !== 0) && { nullLists: Uint8Array.from(nullLists) }),
    values: byUnit,
    places: { ...places },
  };
}

/** In the innermost lists of some clusters; more than are supported where any of the field's columns has so many. */
function countValues(stored: StoredField, places: ClusterPlaces, clusters: readonly number[]): number {
  let values = 0;
  for (const cluster of clusters) {
    const sizes = sizeOf(stored, places, cluster);
    const most = Math.max(...sizes.elements, sizes.stored);
    if (most > mostValues) return most;
    values += sizes.elements.at(-1) ?? places.entries[cluster]!;
  }
  return values;
}

/** Consecutive clusters until they have as many entries as are asked for; those without any belong to no unit. */
function groupClusters(entries: readonly number[], least: number) {
  const units: { entries: number; firstEntry: number }[] = [];
  const unitClusters: number[][] = [];
  let firstEntry = 0;
  let open = false;
  for (const [cluster, count] of entries.entries()) {
    if (count > 0) {
      if (open) {
        units.at(-1)!.entries += count;
        unitClusters.at(-1)!.push(cluster);
      } else {
        units.push({ entries: count, firstEntry });
        unitClusters.push([cluster]);
      }
      open = units.at(-1)!.entries < least;
    }
    firstEntry += count;
  }
  return { units, unitClusters };
}
