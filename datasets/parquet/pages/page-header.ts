/**
 * Parses the header before a page, in Thrift's compact protocol. Other fields, such as statistics, are skipped.
 *
 * It ends on any bytes, and throws if they are no header. The caller must check whether the numbers are possible.
 */
import type { Encoding } from "hyparquet";
import { Encodings } from "hyparquet/src/constants.js";
import { ThriftReader } from "../footer/thrift-reader.ts";

export interface PageHeader {
  readonly kind: PageKind;
  /** The bytes of the header itself. */
  readonly bytes: number;
  /** The bytes of the page after decompression, and as it is stored. */
  readonly size: number;
  readonly storedSize: number;
  /** CRC-32 of the page as it is stored, as a signed integer. */
  readonly crc: number | undefined;
  readonly values: number;
  readonly encoding: Encoding | undefined;
  /** For version 1: the encodings of its repetition and definition levels. */
  readonly levelEncodings: readonly [Encoding | undefined, Encoding | undefined];
  /** For version 2: the bytes of its repetition and definition levels; −1 if the header does not tell. */
  readonly levelBytes: readonly [number, number];
  readonly isCompressed: boolean;
}

/** The kinds of pages; `data1` and `data2` are data pages of the format's two versions. */
export type PageKind = "data1" | "index" | "dictionary" | "data2";

/** The kinds of pages, by their numbers in the format. */
const kinds: readonly PageKind[] = ["data1", "index", "dictionary", "data2"];
/** The header's field with the data that only this kind has. */
const ownFields: Readonly<Record<PageKind, number>> = { data1: 5, index: 6, dictionary: 7, data2: 8 };

/** Parses the header at the front of the bytes. */
export function parsePageHeader(bytes: Uint8Array): PageHeader {
  const thrift = new ThriftReader(bytes);
  let kind: PageKind | undefined;
  let [size, storedSize] = [-1, -1];
  let crc: number | undefined;
  let own: OwnPart | undefined;
  for (let field = thrift.field(0); field !== 0; field = thrift.field(field)) {
    if (field === 1) kind = kinds[thrift.number()];
    else if (field === 2) size = thrift.number();
    else if (field === 3) storedSize = thrift.number();
    else if (field === 4) crc = thrift.number();
    else if (kind && field === ownFields[kind] && field !== ownFields.index) own = parseOwn(thrift, kind);
    else thrift.skip();
  }
  if (!kind) throw new Error("a page has an unknown type");
  if (!own && kind !== "index") throw new Error("a page lacks its header");
  return { kind, bytes: bytes.length - thrift.left, size, storedSize, crc, ...(own ?? none) };
}

type OwnPart = Pick<PageHeader, "values" | "encoding" | "levelEncodings" | "levelBytes" | "isCompressed">;

const none: OwnPart = {
  values: 0,
  encoding: undefined,
  levelEncodings: [undefined, undefined],
  levelBytes: [-1, -1],
  isCompressed: true,
};

function parseOwn(thrift: ThriftReader, kind: PageKind): OwnPart {
  thrift.enterStruct();
  let values = -1;
  let encoding: Encoding | undefined;
  let [repetition, definition] = [-1, -1];
  let isCompressed = true;
  const isSecond = kind === "data2";
  // In a dictionary's header, the third field is no encoding of levels; it tells whether the dictionary is sorted.
  const [encodingField, definitionField, repetitionField] = isSecond ? [4, 5, 6] : kind === "data1" ? [2, 3, 4] : [2, 0, 0];
  for (let field = thrift.field(0); field !== 0; field = thrift.field(field)) {
    if (field === 1) values = thrift.number();
    else if (field === encodingField) encoding = Encodings[thrift.number()];
    else if (field === definitionField) definition = thrift.number();
    else if (field === repetitionField) repetition = thrift.number();
    else if (isSecond && field === 7) isCompressed = thrift.boolean();
    else thrift.skip();
  }
  return isSecond
    ? { ...none, values, encoding, levelBytes: [repetition, definition], isCompressed }
    : { ...none, values, encoding, levelEncodings: [Encodings[repetition], Encodings[definition]] };
}
