/** Turns the description of a class into steps that read its members. */
import { basic, basicBytes, countedArray, element, fixedArray } from "./element-types.ts";
import type { Members, ObjectStream } from "./root-object.ts";
import type { StreamerElement } from "./streamers.ts";

/** Reads one member. */
export type Step = (reader: ObjectStream, members: Members) => void;

/** The steps for all members, or only for those before the member `before`. */
export function memberSteps(elements: readonly StreamerElement[], before?: string): readonly Step[] {
  const end = elements.findIndex(({ name }) => name === before);
  return elements.slice(0, end < 0 ? elements.length : end).map(stepOf);
}

function stepOf(member: StreamerElement): Step {
  const { name, type, typeName, length, countName } = member;
  switch (type) {
    case element.base:
      // Graphic attributes are not needed.
      if (name.startsWith("TAtt")) return skipCounted;
      return (reader, members) => reader.streamed(name, members);
    case element.string:
    case element.stlString:
      return (reader, members) => {
        members[name] = reader.string();
      };
    case element.rootObject:
      return (reader) => reader.streamed("TObject", {});
    case element.named:
      return (reader, members) => reader.streamed("TNamed", name === "TNamed" ? members : {});
    case element.object:
    case element.any:
    case element.objectPointerDirect:
    case element.anyPointerDirect: {
      const className = typeName.replace(/\*$/, "");
      return (reader, members) => {
        const inner: Members = {};
        reader.streamed(className, inner);
        members[name] = inner;
      };
    }
    case element.objectPointer:
    case element.anyPointer:
      return (reader, members) => {
        members[name] = reader.any();
      };
    case element.stl:
    case element.streamer:
      return skipCounted;
  }
  if (type > countedArray && type < countedArray + fixedArray && countName !== undefined) {
    return (reader, members) => {
      const isThere = reader.uint8() !== 0;
      members[name] = isThere ? readArray(reader, type - countedArray, countOf(members, countName)) : [];
    };
  }
  if (type > fixedArray && type < countedArray && basicBytes[type - fixedArray] !== undefined) {
    return (reader) => reader.skip(length * basicBytes[type - fixedArray]);
  }
  const read = readers[type];
  if (read) {
    return (reader, members) => {
      members[name] = read(reader);
    };
  }
  return () => {
    throw new Error(`it has a member ${name} of a type that is not supported (${typeName}, ${type})`);
  };
}

function skipCounted(reader: ObjectStream): void {
  const { end } = reader.header();
  if (end === undefined) throw new Error("an object does not tell how many bytes it has");
  reader.skipTo(end);
}

function countOf(members: Members, name: string): number {
  const count = members[name];
  if (typeof count !== "number" || count < 0) throw new Error(`an array has the length ${String(count)} (${name})`);
  return count;
}

function readArray(reader: ObjectStream, type: number, count: number): number[] {
  switch (type) {
    case basic.int:
      return reader.int32s(count);
    case basic.long:
    case basic.long64:
    case basic.unsignedLong:
    case basic.unsignedLong64:
      return reader.int64s(count);
    default:
      if (basicBytes[type] === undefined) throw new Error(`an array has a type that is not supported (${type})`);
      reader.skip(count * basicBytes[type]);
      return [];
  }
}

/** Reads one value, by its type number. 64-bit integers beyond 2^53 are rounded. */
const readers: Readonly<Record<number, (reader: ObjectStream) => number | boolean>> = {
  [basic.char]: (reader) => (reader.uint8() << 24) >> 24,
  [basic.short]: (reader) => reader.int16(),
  [basic.int]: (reader) => reader.int32(),
  [basic.counter]: (reader) => reader.int32(),
  [basic.long]: (reader) => reader.int64(),
  [basic.long64]: (reader) => reader.int64(),
  [basic.unsignedLong]: (reader) => reader.int64(),
  [basic.unsignedLong64]: (reader) => reader.int64(),
  [basic.float]: (reader) => reader.float32(),
  [basic.double]: (reader) => reader.float64(),
  [basic.double32]: (reader) => reader.float32(),
  [basic.unsignedChar]: (reader) => reader.uint8(),
  [basic.unsignedShort]: (reader) => reader.uint16(),
  [basic.unsignedInt]: (reader) => reader.uint32(),
  [basic.bits]: (reader) => reader.uint32(),
  [basic.bool]: (reader) => reader.uint8() !== 0,
};
