/** Where the members of a fixed-size object lie among its bytes, from the file's class descriptions. */
import type { StoredType } from "../baskets/branch.ts";
import { element, fixedArray } from "../file/element-types.ts";
import type { StreamerElement, StreamerInfo, Streamers } from "../file/streamers.ts";
import { rangeOf, typeOfNumber } from "./value-types.ts";
import { vectorPath } from "./vector-names.ts";

export interface LaidMember {
  /** The names from the object inwards, without base classes. */
  readonly path: readonly string[];
  readonly type: StoredType;
  /** The member's title, which may state a range. */
  readonly title: string;
  readonly at: number;
  /** The lengths of an array. */
  readonly dimensions?: readonly number[];
}

export interface ObjectLayout {
  readonly bytes: number;
  readonly members: readonly LaidMember[];
  /** Byte counts, which are the same in each object. */
  readonly fixed: readonly { readonly at: number; readonly word: number }[];
}

/** The bytes of an object's header: byte count and version. */
const headerBytes = 6;
/**
 * Objects of classes without a version of their own state version 0 and then a checksum. But the file describes them as version 1, like classes of
 * version 1. Only the objects tell which of both a class is.
 */
type IsUnversioned = (info: StreamerInfo) => boolean;
const isOfMath: IsUnversioned = ({ className }) => className.startsWith("ROOT::Math::");
const mayBeUnversioned: IsUnversioned = ({ version }) => version <= 1;
const checksumBytes = 4;
const counted = 0x40000000;
/** The bytes of a TObject: version, number and bits. */
const rootObjectBytes = 10;
const mostDepth = 20;
const mostBytes = 2 ** 16;

/** The layout of TDatime, which is stored without the header that other classes have. */
const datime: ObjectLayout = { bytes: 4, members: [{ path: ["fDatime"], type: "uint32", title: "", at: 0 }], fixed: [] };

/**
 * The possible layouts of a class's objects, all with the same members, the likeliest first. `bare` are those without a header. Empty if the size
 * varies or the kind of a member is not known.
 */
export function layoutsOf(
  className: string,
  streamers: Streamers,
): { readonly headed: readonly ObjectLayout[]; readonly bare: readonly ObjectLayout[] } {
  if (className === "TDatime") return { headed: [datime], bare: [] };
  const info = streamers.latest(className);
  const headed = new Map<number, ObjectLayout>();
  const bare = new Map<number, ObjectLayout>();
  for (const isUnversioned of [isOfMath, mayBeUnversioned]) {
    const inner = info && membersOf(info, { streamers, isUnversioned }, 0);
    if (!inner) break;
    const whole = behindHeader(inner, isUnversioned(info));
    if (!headed.has(whole.bytes)) headed.set(whole.bytes, whole);
    if (!bare.has(inner.bytes)) bare.set(inner.bytes, inner);
  }
  return { headed: [...headed.values()], bare: [...bare.values()] };
}

/** The layout of each member by itself, for lists that are stored member by member. Undefined if a layout is not known. */
export function memberLayouts(className: string, streamers: Streamers, depth = 0): readonly ObjectLayout[] | undefined {
  const layouts: ObjectLayout[] = [];
  for (const each of streamers.latest(className)?.elements ?? []) {
    // The members of a base class are stored one by one, too.
    if (each.type === element.base && each.name !== "TObject" && depth < mostDepth) {
      const inner = memberLayouts(each.name, streamers, depth + 1);
      if (!inner) return undefined;
      layouts.push(...inner);
      continue;
    }
    const layout = layoutOfMember(each, { streamers, isUnversioned: isOfMath }, 0);
    if (!layout) return undefined;
    layouts.push({ ...layout, members: layout.members.map((member) => ({ ...member, path: vectorPath(className, member.path) })) });
  }
  return layouts;
}

function behindHeader({ bytes, members, fixed }: ObjectLayout, isUnversioned: boolean): ObjectLayout {
  const header = headerBytes + (isUnversioned ? checksumBytes : 0);
  return {
    bytes: bytes + header,
    members: members.map((member) => ({ ...member, at: member.at + header })),
    fixed: [{ at: 0, word: counted | (bytes + header - 4) }, ...fixed.map(({ at, word }) => ({ at: at + header, word }))],
  };
}

interface Classes {
  readonly streamers: Streamers;
  readonly isUnversioned: IsUnversioned;
}

function membersOf(info: StreamerInfo, classes: Classes, depth: number): ObjectLayout | undefined {
  let bytes = 0;
  const members: LaidMember[] = [];
  const fixed: { at: number; word: number }[] = [];
  for (const each of info.elements) {
    const layout = layoutOfMember(each, classes, depth);
    if (!layout || bytes + layout.bytes > mostBytes) return undefined;
    for (const member of layout.members) {
      members.push({ ...member, path: vectorPath(info.className, member.path), at: member.at + bytes });
    }
    for (const { at, word } of layout.fixed) fixed.push({ at: at + bytes, word });
    bytes += layout.bytes;
  }
  return { bytes, members, fixed };
}

function layoutOfMember(member: StreamerElement, classes: Classes, depth: number): ObjectLayout | undefined {
  const { name, title, type, typeName, length } = member;
  if (depth > mostDepth) return undefined;
  if (type === element.rootObject || (type === element.base && name === "TObject"))
    return { bytes: rootObjectBytes, members: [], fixed: [] };
  if (typeName === "TDatime") return { ...datime, members: datime.members.map((each) => ({ ...each, path: [name, ...each.path] })) };
  if (type === element.base || type === element.object || type === element.any) {
    const info = classes.streamers.latest(type === element.base ? name : typeName);
    const inner = info && membersOf(info, classes, depth + 1);
    if (!inner) return undefined;
    const layout = behindHeader(inner, classes.isUnversioned(info));
    const inside = type === element.base ? [] : [name];
    return { ...layout, members: layout.members.map((each) => ({ ...each, path: [...inside, ...each.path] })) };
  }
  const isArray = type > fixedArray && type < fixedArray * 2;
  const stored = typeOfNumber[isArray ? type - fixedArray : type];
  if (!stored) return undefined;
  const bytes = storedBytes(stored, title);
  const one = { path: [name], type: stored, title, at: 0 };
  if (!isArray) return { bytes, members: [one], fixed: [] };
  if (!(length > 0 && length * bytes <= mostBytes)) return undefined;
  return { bytes: length * bytes, members: [{ ...one, dimensions: [length] }], fixed: [] };
}

/** The stored bytes of one value. */
export function storedBytes(type: StoredType, title: string): number {
  switch (type) {
    case "bool":
    case "int8":
    case "uint8":
      return 1;
    case "int16":
    case "uint16":
      return 2;
    case "int64":
    case "uint64":
    case "float64":
      return 8;
    case "Float16_t":
    case "Double32_t": {
      const range = rangeOf(type, title);
      return range === undefined || range.lower < range.upper ? 4 : 3;
    }
    default:
      return 4;
  }
}
