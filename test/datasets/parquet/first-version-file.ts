/**
 * A Parquet file of one column whose data pages are given byte by byte, as writers of the first page version lay them out:
 * each run of levels after its length. What hyparquet-writer does not write, and what no writer should.
 */
import type { ColumnMetaData, CompressionCodec, Encoding, PageHeader, SchemaElement } from "hyparquet";
import { ByteWriter } from "hyparquet-writer/src/bytewriter.js";
import { writePageHeader } from "hyparquet-writer/src/datapage.js";
import { writeRleBitPackedHybrid } from "hyparquet-writer/src/encoding.js";
import { writeMetadata } from "hyparquet-writer/src/metadata.js";
import { crc32 } from "../../../datasets/compression/checksums.ts";

export interface TestPage {
  readonly count: number;
  readonly repetition?: readonly number[];
  readonly definition?: readonly number[];
  readonly values: Uint8Array;
  readonly encoding?: Encoding;
  readonly dictionary?: boolean;
  /** The header's false statements. */
  readonly header?: Partial<PageHeader>;
}

export interface TestFile {
  /** The schema without its root. */
  readonly schema: readonly SchemaElement[];
  readonly path: readonly string[];
  readonly pages: readonly TestPage[];
  readonly entries: number;
  readonly values: number;
  readonly levelWidth?: number;
  readonly metadata?: Partial<ColumnMetaData>;
  readonly codec?: CompressionCodec;
  readonly compress?: (bytes: Uint8Array) => Uint8Array;
  /** Each page gets its checksum. */
  readonly checksums?: boolean;
}

export function encodeTestFile(file: TestFile): Uint8Array {
  const writer = new ByteWriter();
  const mark = () => writer.appendBytes(new TextEncoder().encode("PAR1"));
  mark();
  for (const page of file.pages) writePage(writer, page, file);
  const leaf = file.schema.find(({ type }) => type !== undefined)!;
  const chunk: ColumnMetaData = {
    type: leaf.type!,
    encodings: ["PLAIN"],
    path_in_schema: [...file.path],
    codec: file.codec ?? "UNCOMPRESSED",
    num_values: BigInt(file.values),
    total_compressed_size: BigInt(writer.offset - 4),
    total_uncompressed_size: 100_000n,
    data_page_offset: 4n,
    ...file.metadata,
  };
  writeMetadata(writer, {
    version: 1,
    schema: [{ name: "root", num_children: 1 }, ...file.schema],
    num_rows: BigInt(file.entries),
    row_groups: [{ columns: [{ file_offset: 0n, meta_data: chunk }], total_byte_size: 0n, num_rows: BigInt(file.entries) }],
    metadata_length: 0,
  });
  mark();
  return writer.getBytes();
}

function writePage(writer: ByteWriter, page: TestPage, { levelWidth = 1, compress, checksums }: TestFile): void {
  const body = new ByteWriter();
  for (const [levels, width] of [[page.repetition, 1] as const, [page.definition, levelWidth] as const]) {
    if (!levels) continue;
    const runs = new ByteWriter();
    writeRleBitPackedHybrid(runs, [...levels], width);
    body.appendUint32(runs.offset);
    body.appendBytes(runs.getBytes());
  }
  body.appendBytes(page.values);
  const bytes = compress ? compress(body.getBytes()) : body.getBytes();
  const encoding = page.encoding ?? "PLAIN";
  const header = page.dictionary
    ? { dictionary_page_header: { num_values: page.count, encoding } }
    : {
        data_page_header: { num_values: page.count, encoding, definition_level_encoding: "RLE", repetition_level_encoding: "RLE" } as const,
      };
  writePageHeader(writer, {
    type: page.dictionary ? "DICTIONARY_PAGE" : "DATA_PAGE",
    uncompressed_page_size: body.offset,
    compressed_page_size: bytes.length,
    ...header,
    ...(checksums && { crc: crc32(bytes) | 0 }),
    ...page.header,
  });
  writer.appendBytes(bytes);
}

export function floats(...values: number[]): Uint8Array {
  return new Uint8Array(new Float32Array(values).buffer);
}

export const scalarFloat: readonly SchemaElement[] = [{ name: "x", type: "FLOAT", repetition_type: "REQUIRED" }];

/** Optional list of optional floats: levels 0 null, 1 empty, 2 missing element, 3 element. */
export const listOfFloat: readonly SchemaElement[] = [
  { name: "x", repetition_type: "OPTIONAL", converted_type: "LIST", num_children: 1 },
  { name: "list", repetition_type: "REPEATED", num_children: 1 },
  { name: "element", type: "FLOAT", repetition_type: "OPTIONAL" },
];
