/** Parses a footer. It lets other work run every few milliseconds, since footers of wide files have megabytes. Throws an `Error` that says what is wrong. */
import { turn } from "../../../base/turn.ts";
import { sha256 } from "../../../engine/sha256.ts";
import type { FileColumn, FileDescription, FileShape } from "../../format.ts";
import { ChunkPlaces, type StoredColumn, toldBounds } from "../column-chunk.ts";
import type { LeafShape } from "./describe-leaves.ts";
import { groupRowGroups } from "./group-row-groups.ts";
import { type KnownSchema, readSchema } from "./known-schemas.ts";
import { type ColumnFacts, parseRowGroup } from "./parse-row-group.ts";
import { ThriftReader } from "./thrift-reader.ts";

/** The name of the format. It must change when descriptions get another meaning. */
export const format = "parquet-9";
/** The most values of a column in a row group, since offsets have 32 bits. */
const mostValues = 2 ** 32 - 2;
/** The bytes of the signature behind the footer of a file with some encrypted columns. */
const signatureBytes = 28;
const turnMilliseconds = 5;

/** Parses a footer. `partitionEvents` is the least number of entries that a unit should have; by default each row group is a unit. */
export async function parseFooter(bytes: Uint8Array, partitionEvents = 1): Promise<FileDescription> {
  const reader = new ThriftReader(bytes);
  const entries: number[] = [];
  let chunks = new ChunkPlaces(0);
  let schema: KnownSchema | undefined;
  let columns: readonly ColumnFacts[] = [];
  let rows = 0;
  let begun = performance.now();
  let isOrdered: readonly boolean[] = [];
  for (let field = reader.field(0); field !== 0; field = reader.field(field)) {
    switch (field) {
      case 2:
        schema = readSchema(reader);
        columns = schema.leaves.map(
          ({ levels, long, bounds }): ColumnFacts => ({
            levels,
            long,
            bounds,
            mayMiss: false,
            nullLists: 0,
            isRounded: false,
            unreadable: undefined,
          }),
        );
        break;
      case 3:
        rows = reader.count();
        break;
      case 4: {
        const groups = reader.listSize();
        if (groups * columns.length > reader.left) throw new Error(`${groups} row groups are more than it has room for`);
        chunks = new ChunkPlaces(groups * columns.length);
        while (entries.length < groups) {
          entries.push(parseRowGroup(reader, columns, { chunks, first: entries.length * columns.length, mostValues }));
          if (performance.now() - begun < turnMilliseconds) continue;
          await turn();
          begun = performance.now();
        }
        break;
      }
      case 7:
        isOrdered = readOrders(reader, schema);
        break;
      default:
        reader.skip();
    }
  }
  if (schema === undefined) throw new Error("it has no schema");
  if (reader.left !== 0 && reader.left !== signatureBytes) throw new Error(`it ends ${reader.left} bytes before its end`);
  const inGroups = entries.reduce((sum, count) => sum + count, 0);
  if (inGroups !== rows) throw new Error(`its row groups have ${inGroups} rows, the file states ${rows}`);
  const nullable = Uint8Array.from(columns, ({ mayMiss }) => (mayMiss ? 1 : 0));
  const { units, first, values } = groupRowGroups({ entries, levels: chunks.levels, columns: columns.length }, partitionEvents);
  const places = { ...keepOrdered(chunks, columns.length, isOrdered), first, entries: Float64Array.from(entries) };
  const rounded = Uint8Array.from(columns, ({ isRounded }) => (isRounded ? 1 : 0));
  const nullLists = Uint8Array.from(columns, ({ nullLists }) => nullLists);
  const optional = { ...(rounded.includes(1) && { rounded }), ...(nullLists.some((bits) => bits !== 0) && { nullLists }) };
  return { shape: await shapeOf(schema, columns), units, nullable, ...optional, values, places };
}

/** Lists end by themselves, so bytes that begin with those of a known one are that one. */
function readOrders(reader: ThriftReader, schema: KnownSchema | undefined): readonly boolean[] {
  if (schema?.orders && reader.passes(schema.orders.bytes)) return schema.orders.isOrdered;
  const before = reader.at;
  const isOrdered = parseOrders(reader);
  if (schema) schema.orders = { bytes: reader.copy(before), isOrdered };
  return isOrdered;
}

/** For each column: whether its least and largest values follow the order of its type; otherwise they tell nothing. */
function parseOrders(reader: ThriftReader): readonly boolean[] {
  return Array.from({ length: reader.listSize() }, () => {
    let isOfType = false;
    for (let field = reader.field(0); field !== 0; field = reader.field(field)) {
      isOfType ||= field === 1;
      reader.skip();
    }
    return isOfType;
  });
}

/** Removes bounds without a meaning, and the arrays of bounds if none is left. */
function keepOrdered(
  chunks: ChunkPlaces,
  columns: number,
  isOrdered: readonly boolean[],
): Readonly<Record<string, Float64Array | Uint8Array>> {
  const { low, high, told, ...rest } = chunks;
  for (let at = 0; at < told.length; at++) if (!isOrdered[at % columns]) told[at] = 0;
  return told.some((each) => (each & toldBounds) !== 0) ? { ...rest, low, high, told } : rest;
}

async function shapeOf(schema: KnownSchema, columns: readonly ColumnFacts[]): Promise<FileShape> {
  if (columns.some(({ unreadable }) => unreadable !== undefined)) return await describeShape(schema.leaves, columns);
  schema.shape ??= await describeShape(schema.leaves, columns);
  return schema.shape;
}

async function describeShape(shapes: readonly LeafShape[], facts: readonly ColumnFacts[]): Promise<FileShape> {
  const columns = new Map<string, FileColumn>();
  const unsupported: { name: string; reason: string }[] = [];
  const names = shapes.map(({ parts }) => parts.join("."));
  const known = new Set<string>();
  const twice = new Set(names.filter((name) => known.size === known.add(name).size));
  for (const [index, { parts, lists, levels, type }] of shapes.entries()) {
    const name = names[index];
    const { unreadable } = facts[index];
    if (type.kind === "unsupported") unsupported.push({ name, reason: type.reason });
    else if (unreadable !== undefined) unsupported.push({ name, reason: unreadable });
    else if (twice.has(name)) unsupported.push({ name, reason: "is the name of two columns" });
    else {
      const { kind: _, dtype, unit, isEmpty, ...form } = type;
      columns.set(name, {
        index,
        parts,
        lists,
        dtype,
        stored: { ...form, levels } satisfies StoredColumn,
        ...(unit !== undefined && { unit }),
        ...(isEmpty && { isEmpty }),
      });
    }
  }
  const digest = await sha256(JSON.stringify([format, unsupported, ...columns]));
  return { format, columns, unsupported, digest };
}
