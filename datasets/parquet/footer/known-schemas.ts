/**
 * Keeps the meaning of recent footers' schemas by their bytes. The files of a dataset mostly have one schema, and interpreting it again costs more than all the
 * rest of a small file's footer.
 */
import { parquetSchema } from "hyparquet/src/metadata.js";
import { LRUCache } from "lru-cache";
import type { FileShape } from "../../format.ts";
import { type BoundReader, boundReaderOf } from "./bound-reader.ts";
import { describeLeaves, type LeafShape } from "./describe-leaves.ts";
import { parseSchema } from "./parse-schema.ts";
import type { ThriftReader } from "./thrift-reader.ts";

export interface KnownLeaf extends LeafShape {
  /** For 64-bit integers. */
  readonly long: { readonly isUnsigned: boolean } | undefined;
  readonly bounds: BoundReader | undefined;
}

export interface KnownSchema {
  readonly leaves: readonly KnownLeaf[];
  /** The shape of files with this schema, if every column can be read; set once it was found for the first file. */
  shape?: FileShape;
  /** The orders of columns as the last footer with this schema stated them, and what they mean. */
  orders?: { readonly bytes: Uint8Array; readonly isOrdered: readonly boolean[] };
}

interface Stored extends KnownSchema {
  readonly bytes: Uint8Array;
}

const mostSchemas = 8;
const longDtypes: ReadonlySet<string> = new Set(["int64", "uint64"]);

/** The known schemas by their number of bytes. */
const known = new LRUCache<number, Stored>({ max: mostSchemas });

/** Reads the schema that begins where the reader is. Schemas end by themselves, so bytes that begin with those of a known one are that one. */
export function readSchema(reader: ThriftReader): KnownSchema {
  for (const [length, schema] of known.entries()) {
    if (!reader.passes(schema.bytes)) continue;
    known.get(length);
    return schema;
  }
  const before = reader.at;
  const leaves = describeLeaves(parquetSchema({ schema: parseSchema(reader) })).map(
    (leaf): KnownLeaf => ({ ...leaf, long: longOf(leaf), bounds: boundReaderOf(leaf.type) }),
  );
  const schema: Stored = { leaves, bytes: reader.copy(before) };
  known.set(schema.bytes.length, schema);
  return schema;
}

const longOf = ({ type }: LeafShape): KnownLeaf["long"] =>
  type.kind === "value" && longDtypes.has(type.dtype) ? { isUnsigned: type.unsigned } : undefined;
