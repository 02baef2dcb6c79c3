/** Readers for classes whose bytes differ from their description, and for the classes of the descriptions themselves. */
import { parseKey } from "./keys.ts";
import type { Members, ObjectStream, RootObject } from "./root-object.ts";
import type { StreamerElement, StreamerInfo } from "./streamers.ts";

type Form = (reader: ObjectStream, members: Members) => void;

/** A basket that was not yet written to the file but is part of the tree's object. Positions count in the bytes of that object. */
export interface BasketInTree {
  readonly entries: number;
  /** Where its values begin, and how many bytes they have. */
  readonly start: number;
  readonly bytes: number;
  /** Where the offsets of its entries begin; each counts from `keyBytes` before `start`. Absent if the basket has none. */
  readonly offsets?: number;
  readonly keyBytes: number;
}

const referenced = 1 << 4;

function readRootObject(reader: ObjectStream): void {
  reader.header();
  reader.skip(4);
  if ((reader.uint32() & referenced) !== 0) reader.skip(2);
}

function readNamed(reader: ObjectStream, members: Members): void {
  const { end } = reader.header();
  readRootObject(reader);
  members.fName = reader.string();
  members.fTitle = reader.string();
  if (end !== undefined) reader.skipTo(end);
}

/** Reads the objects of a list. Each takes at least four bytes, which bounds their number. */
function readItems(reader: ObjectStream, count: number, read: () => void): void {
  if (!(count >= 0 && count * 4 <= reader.left)) throw new Error(`a list has no room for its ${count} objects`);
  for (let index = 0; index < count; index++) read();
}

/** Reads the head of a TObjArray; its objects follow. */
export function beginObjectArray(reader: ObjectStream): { readonly count: number; readonly end: number | undefined } {
  const { version, end } = reader.header();
  if (version > 2) readRootObject(reader);
  if (version > 1) reader.string();
  const count = reader.int32();
  reader.skip(4);
  return { count, end };
}

function readObjectArray(reader: ObjectStream, members: Members): void {
  const { count, end } = beginObjectArray(reader);
  const items: (RootObject | undefined)[] = [];
  readItems(reader, count, () => items.push(reader.any()));
  members.items = items;
  if (end !== undefined) reader.skipTo(end);
}

function readList(reader: ObjectStream, members: Members): void {
  const { version, end } = reader.header();
  if (version <= 3) throw new Error("it has lists of a version that is not supported");
  readRootObject(reader);
  reader.string();
  const items: (RootObject | undefined)[] = [];
  readItems(reader, reader.int32(), () => {
    items.push(reader.any());
    reader.string();
  });
  members.items = items;
  if (end !== undefined) reader.skipTo(end);
}

/** A basket in a tree's object, as `TBasket::Streamer` writes it: its key, the layout of its buffer, the offsets of its entries, and the buffer. */
function readBasket(reader: ObjectStream, members: Members): void {
  const { keyBytes } = parseKey(reader);
  const version = reader.int16();
  reader.skip(4);
  // A negative number means that a byte of features follows.
  if (reader.int32() < 0) reader.skip(1);
  const entries = reader.int32();
  const last = reader.int32();
  const flags = reader.uint8();
  /** The offsets are not stored: the reader computes them from the branch's counter. */
  const isGenerated = flags >= 80;
  const flag = isGenerated ? flags - 80 : flags;
  let offsets: number | undefined;
  if (!isGenerated && flag !== 0 && flag % 10 !== 2) {
    if (entries > 0) {
      const count = reader.int32();
      offsets = reader.skip(count * 4);
    }
    if (flag > 40) reader.skip(reader.int32() * 4);
  }
  if (flag !== 1 && flag <= 10) return;
  const bytes = version > 1 ? last : reader.int32();
  const buffer = reader.skip(bytes);
  if (entries < 0 || bytes < keyBytes) throw new Error(`a basket in the tree has ${entries} entries in ${bytes} bytes`);
  members.basket = {
    entries,
    start: buffer + keyBytes,
    bytes: bytes - keyBytes,
    ...(offsets !== undefined && { offsets }),
    keyBytes,
  } satisfies BasketInTree;
}

/** The needed fields of any kind of leaf. Their common part has not changed since ROOT 3, and some writers do not describe it. */
const readLeaf =
  (isElement = false): Form =>
  (reader, members) => {
    const { end } = reader.header();
    const { end: commonEnd } = reader.header();
    if (end === undefined || commonEnd === undefined) throw new Error("a leaf does not tell how many bytes it has");
    readNamed(reader, members);
    members.fLen = reader.int32();
    reader.skip(9);
    members.fIsUnsigned = reader.uint8() !== 0;
    members.fLeafCount = reader.any();
    reader.skipTo(commonEnd);
    if (isElement) {
      reader.skip(4);
      members.fType = reader.int32();
    }
    reader.skipTo(end);
  };

const plainLeaves = ["O", "B", "S", "I", "L", "G", "F", "D", "F16", "D32", "C", "Object"];

function readStreamerInfo(reader: ObjectStream, members: Members): void {
  const { end } = reader.header();
  readNamed(reader, members);
  const checksum = reader.uint32();
  const version = reader.int32();
  const elements = (reader.any()?.members.items as (RootObject | undefined)[] | undefined) ?? [];
  const className = members.fName as string;
  const known = elements.map((each) => each?.members.element as StreamerElement | undefined);
  members.info = { className, version, checksum, elements: known.filter((each) => each !== undefined) } satisfies StreamerInfo;
  if (end !== undefined) reader.skipTo(end);
}

/** Any kind of element of a class description, and for some the member that tells the length. `headers` is how many class headers it begins with. */
const readElement =
  ({ headers = 1, hasCount = false }: { readonly headers?: number; readonly hasCount?: boolean } = {}): Form =>
  (reader, members) => {
    const { end } = reader.header();
    for (let further = 1; further < headers; further++) reader.header();
    const { version, end: commonEnd } = reader.header();
    readNamed(reader, members);
    const type = reader.int32();
    reader.skip(4);
    const length = reader.int32();
    reader.skip(4);
    if (version > 1) reader.skip(20);
    else reader.skip(reader.int32() * 4);
    const typeName = reader.string();
    if (commonEnd !== undefined) reader.skipTo(commonEnd);
    let countName: string | undefined;
    if (hasCount) {
      reader.skip(4);
      countName = reader.string();
    }
    members.element = {
      name: members.fName as string,
      title: members.fTitle as string,
      type,
      typeName,
      length,
      ...(countName !== undefined && { countName }),
    } satisfies StreamerElement;
    if (end !== undefined) reader.skipTo(end);
  };

const plainElements = ["Base", "BasicType", "Object", "ObjectAny", "ObjectPointer", "ObjectAnyPointer", "String", "STL", "Artificial"];

/** An array of numbers that are not needed, after their count. */
const skipNumbers =
  (width: number): Form =>
  (reader) => {
    reader.skip(reader.int32() * width);
  };

export const ownForms: Readonly<Record<string, Form | undefined>> = {
  __proto__: null as never,
  TObject: readRootObject,
  TNamed: readNamed,
  TObjArray: readObjectArray,
  TList: readList,
  THashList: readList,
  TBasket: readBasket,
  TArrayD: skipNumbers(8),
  TArrayI: skipNumbers(4),
  TArrayF: skipNumbers(4),
  ...Object.fromEntries(plainLeaves.map((name) => [`TLeaf${name}`, readLeaf()])),
  TLeafElement: readLeaf(true),
  TStreamerInfo: readStreamerInfo,
  TStreamerBasicPointer: readElement({ hasCount: true }),
  TStreamerSTLstring: readElement({ headers: 2 }),
  TStreamerLoop: readElement({ hasCount: true }),
  ...Object.fromEntries(plainElements.map((name) => [`TStreamer${name}`, readElement()])),
};
