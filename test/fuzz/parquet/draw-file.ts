/** Makes sound Parquet files of many forms; tells their content and which of their bytes a checksum covers. */
import { brotliCompressSync, gzipSync } from "node:zlib";
import type { CompressionCodec, Encoding, SchemaElement } from "hyparquet";
import { parquetHeader } from "hyparquet/src/column.js";
import { parquetWriteBuffer } from "hyparquet-writer";
import { ByteWriter } from "hyparquet-writer/src/bytewriter.js";
import { snappyCompress } from "hyparquet-writer/src/snappy.js";
import { xxh64 } from "../../../datasets/compression/checksums.ts";
import { describeFile, formatNamed } from "../../../datasets/formats.ts";
import type { ColumnPlace } from "../../../datasets/parquet/column-chunk.ts";
import { encodeTestFile, listOfFloat, scalarFloat, type TestPage } from "../../datasets/parquet/first-version-file.ts";
import { type Nested, readerOf, readFileColumns } from "../../datasets/parquet/read-file.ts";
import type { Seeded } from "../../support/seeded.ts";

export interface SoundFile {
  readonly bytes: Uint8Array;
  readonly columns: ReadonlyMap<string, readonly Nested[]>;
  /** Ranges [start, end) of bytes that a checksum covers. */
  readonly covered: readonly (readonly [number, number])[];
}

/** Makes a file. Throws if the undamaged file is not read as it was written. */
export async function drawFile(random: Seeded): Promise<SoundFile> {
  const { bytes, written } = random.chance(0.5) ? drawPages(random) : drawColumns(random);
  const { columns } = await readFileColumns(readerOf(bytes));
  for (const [name, entries] of written) {
    if (JSON.stringify(columns.get(name)) !== JSON.stringify(entries))
      throw new Error(`a sound file's column ${name} is not what was written`);
  }
  return { bytes, columns, covered: await findCovered(bytes) };
}

interface Written {
  readonly bytes: Uint8Array;
  readonly written: ReadonlyMap<string, readonly Nested[]>;
}

const compressors: Partial<Record<CompressionCodec, (bytes: Uint8Array) => Uint8Array>> = {
  GZIP: (bytes) => new Uint8Array(gzipSync(bytes)),
  BROTLI: (bytes) => new Uint8Array(brotliCompressSync(bytes)),
  SNAPPY: snappyCompress,
  LZ4_RAW: storeAsLz4,
  ZSTD: storeAsZstd,
};

/** Makes one column, page by page, with or without checksums of the pages. */
function drawPages(random: Seeded): Written {
  const isList = random.chance(0.5);
  const codec = random.pick(["UNCOMPRESSED", ...(Object.keys(compressors) as CompressionCodec[])] as const);
  const entries: Nested[] = [];
  const pages: TestPage[] = [];
  let values = 0;
  for (let page = 0; page < 1 + random.below(3); page++) {
    const [repetition, definition, content]: [number[], number[], number[]] = [[], [], []];
    for (let entry = 0; entry < 1 + random.below(40); entry++) {
      const list = Array.from({ length: isList ? random.below(4) : 1 }, () =>
        isList && random.chance(0.1) ? null : random.below(1000) / 8,
      );
      entries.push(isList ? list : list[0]!);
      if (list.length === 0) {
        repetition.push(0);
        definition.push(1);
      }
      for (const [at, value] of list.entries()) {
        repetition.push(at === 0 ? 0 : 1);
        definition.push(value === null ? 2 : 3);
        if (value !== null) content.push(value);
      }
    }
    const bytes = new Uint8Array(Float32Array.from(content).buffer);
    pages.push({ count: repetition.length, values: bytes, ...(isList && { repetition, definition }) });
    values += repetition.length;
  }
  const compress = compressors[codec];
  const bytes = encodeTestFile({
    schema: isList ? listOfFloat : scalarFloat,
    path: isList ? ["x", "list", "element"] : ["x"],
    entries: entries.length,
    values,
    levelWidth: 2,
    codec,
    pages,
    checksums: random.chance(0.5),
    ...(compress && { compress }),
  });
  return { bytes, written: new Map([["x", entries]]) };
}

const encoder = new TextEncoder();
const words = ["mu", "e", "", "τ→μγ", "W".repeat(200)];
const textEncodings = [{}, ...(["PLAIN", "DELTA_LENGTH_BYTE_ARRAY", "DELTA_BYTE_ARRAY"] as const).map((encoding) => ({ encoding }))];

/** Several columns, as a library writes them. */
function drawColumns(random: Seeded): Written {
  const rows = 1 + random.below(200);
  const codec = random.pick(["UNCOMPRESSED", "SNAPPY", "GZIP"] as const);
  const optional = random.chance(0.5) ? 0.1 : 0;
  const column = (draw: () => unknown) => Array.from({ length: rows }, () => (random.chance(optional) ? null : draw()));
  const repetition_type = optional > 0 ? "OPTIONAL" : "REQUIRED";
  const element: SchemaElement[] = [
    { name: "list", repetition_type: "REPEATED", num_children: 1 },
    { name: "element", type: "DOUBLE", repetition_type },
  ];
  const schema: SchemaElement[] = [
    { name: "root", num_children: 5 },
    { name: "i", type: "INT32", repetition_type },
    { name: "l", type: "INT64", repetition_type },
    { name: "d", type: "DOUBLE", repetition_type },
    { name: "v", repetition_type, converted_type: "LIST", num_children: 1 },
    ...element,
    { name: "s", type: "BYTE_ARRAY", converted_type: "UTF8", repetition_type },
  ];
  const split = random.chance(0.5) && { encoding: "BYTE_STREAM_SPLIT" as Encoding };
  const deltas = random.chance(0.5) && { encoding: "DELTA_BINARY_PACKED" as Encoding };
  const columnData = [
    { name: "i", data: column(() => random.below(9) - 4), ...deltas },
    { name: "l", data: column(() => BigInt(random.below(1_000_000))), ...deltas },
    { name: "d", data: column(() => random.below(1000) / 8), ...split },
    { name: "v", data: column(() => Array.from({ length: random.below(4) }, () => random.below(100) / 4)) },
    { name: "s", data: column(() => encoder.encode(random.pick(words))), ...random.pick(textEncodings) },
  ];
  const options = { columnData, schema, codec, rowGroupSize: random.pick([50, 1000]), pageSize: random.pick([100, 10_000]) };
  const compress = compressors[codec];
  const bytes = new Uint8Array(parquetWriteBuffer({ ...options, ...(compress && { compressors: { [codec]: compress } }) }));
  const plain = (value: unknown): Nested => {
    if (value instanceof Uint8Array) return new TextDecoder().decode(value);
    return Array.isArray(value) ? value.map(plain) : value === null ? null : Number(value);
  };
  const entriesOf = (name: string, data: readonly unknown[]) => data.map((value) => (name === "v" && value === null ? [] : plain(value)));
  return { bytes, written: new Map(columnData.map(({ name, data }) => [name, entriesOf(name, data)])) };
}

/** Pages with a checksum of their own, or of their compression. */
async function findCovered(bytes: Uint8Array): Promise<(readonly [number, number])[]> {
  const description = await describeFile(readerOf(bytes), "sound.parquet");
  const covered: (readonly [number, number])[] = [];
  for (const column of description.shape.columns.values()) {
    for (const unit of description.units.keys()) {
      // Each row group is a unit unless larger ones are requested.
      const { chunks } = formatNamed(description.shape.format).locate(description, unit, column).place as ColumnPlace;
      const { start, length, codec } = chunks[0]!;
      const reader = { view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), offset: start };
      while (reader.offset < start + length) {
        const header = parquetHeader(reader);
        const levels = header.data_page_header_v2;
        const levelBytes = levels ? levels.repetition_levels_byte_length + levels.definition_levels_byte_length : 0;
        const from = reader.offset + (header.crc === undefined ? levelBytes : 0);
        const isCompressed = levels?.is_compressed !== false && (codec === "GZIP" || codec === "ZSTD");
        reader.offset += header.compressed_page_size;
        if (header.crc !== undefined || isCompressed) covered.push([from, reader.offset]);
      }
    }
  }
  return covered;
}

/** A block of literals alone. */
function storeAsLz4(bytes: Uint8Array): Uint8Array {
  const writer = new ByteWriter();
  if (bytes.length < 15) writer.appendUint8(bytes.length << 4);
  else {
    writer.appendUint8(0xf0);
    let rest = bytes.length - 15;
    for (; rest >= 255; rest -= 255) writer.appendUint8(255);
    writer.appendUint8(rest);
  }
  writer.appendBytes(bytes);
  return writer.getBytes();
}

/** Makes a ZSTD frame of one uncompressed block, with a checksum. */
function storeAsZstd(bytes: Uint8Array): Uint8Array {
  const writer = new ByteWriter();
  writer.appendUint32(0xfd2fb528);
  writer.appendUint8(0xa4);
  writer.appendUint32(bytes.length);
  const head = 1 | (bytes.length << 3);
  for (const shift of [0, 8, 16]) writer.appendUint8((head >> shift) & 255);
  writer.appendBytes(bytes);
  writer.appendUint32(Number(xxh64(bytes) & 0xffffffffn));
  return writer.getBytes();
}
