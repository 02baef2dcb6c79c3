/**
 * A footer's bytes as a `ParquetFile`. Gives the event loop a turn every few milliseconds: footers of wide files have megabytes.
 * Throws an `Error` that says what makes no sense.
 */
import { setImmediate as nextTurn } from "node:timers/promises";
import { parquetSchema } from "hyparquet";
import { sha256 } from "../../engine/sha256.ts";
import type { FileShape, Leaf, ParquetFile, RowGroup } from "./chunk.ts";
import { describeLeaves, type LeafShape } from "./describe-leaves.ts";
import { type ColumnFacts, parseRowGroup } from "./parse-row-group.ts";
import { parseSchema } from "./parse-schema.ts";
import { ThriftReader } from "./thrift-reader.ts";

/** Offsets are 32 bits. */
const mostValues = 2 ** 32 - 2;
const turnMilliseconds = 5;

export async function parseFooter(bytes: Uint8Array): Promise<ParquetFile> {
  const reader = new ThriftReader(bytes);
  const rowGroups: RowGroup[] = [];
  let shapes: readonly LeafShape[] = [];
  let columns: readonly ColumnFacts[] = [];
  let rows = 0;
  let entries = 0;
  let turn = performance.now();
  for (let field = reader.field(0); field !== 0; field = reader.field(field)) {
    switch (field) {
      case 2:
        shapes = describeLeaves(parquetSchema({ schema: parseSchema(reader) }));
        columns = shapes.map(({ levels }) => ({ maxDefinition: levels.maxDefinition, element: levels.element, mayMiss: false }));
        break;
      case 3:
        rows = reader.count();
        break;
      case 4: {
        const count = reader.listSize();
        while (rowGroups.length < count) {
          const group = parseRowGroup(reader, columns, entries, mostValues);
          rowGroups.push(group);
          entries += group.entries;
          if (performance.now() - turn < turnMilliseconds) continue;
          await nextTurn();
          turn = performance.now();
        }
        break;
      }
      default:
        reader.skip();
    }
  }
  if (entries !== rows) throw new Error(`its row groups have ${entries} rows, the file states ${rows}`);
  const nullable = Uint8Array.from(columns, ({ mayMiss }) => (mayMiss ? 1 : 0));
  return { shape: await describeShape(shapes, columns), rowGroups, nullable };
}

async function describeShape(shapes: readonly LeafShape[], columns: readonly ColumnFacts[]): Promise<FileShape> {
  const leaves = new Map<string, Leaf>();
  const unsupported: { name: string; reason: string }[] = [];
  for (const [index, { parts, listParts, levels, type }] of shapes.entries()) {
    const name = parts.join(".");
    const unreadable = columns[index]!.unreadable;
    if (type.kind === "unsupported") unsupported.push({ name, reason: type.reason });
    else if (unreadable !== undefined) unsupported.push({ name, reason: unreadable });
    else if (leaves.has(name)) unsupported.push({ name, reason: "has the name of another column" });
    else {
      const { physical, unsigned, dtype } = type;
      leaves.set(name, { index, parts, ...(listParts !== undefined && { listParts }), physical, unsigned, dtype, levels });
    }
  }
  const text = JSON.stringify([unsupported, ...leaves]);
  return { leaves, unsupported, digest: await sha256(text) };
}
