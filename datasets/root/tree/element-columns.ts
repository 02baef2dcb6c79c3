/** The columns of a branch that holds an object, a member of a split one, or a collection. */
import type { BranchForm, BranchLevel, ElementForm, StoredType } from "../baskets/branch.ts";
import { countedArray, element as elementType, fixedArray } from "../file/element-types.ts";
import type { StreamerElement, Streamers } from "../file/streamers.ts";
import type { BranchColumn, BranchPlace } from "./branch-column.ts";
import { type Branch, split } from "./branch-node.ts";
import { dimensionsOf } from "./naming.ts";
import { type LaidMember, layoutsOf, memberLayouts, type ObjectLayout, storedBytes } from "./object-layout.ts";
import { parseTypeName } from "./type-names.ts";
import { rangeOf, typeOfNumber } from "./value-types.ts";
import { splitParts } from "./vector-names.ts";

/** The bytes of an object's header: byte count and version. */
const headerBytes = 6;

/** The columns, or the reason why there are none. */
export function elementColumns(place: BranchPlace, streamers: Streamers): readonly BranchColumn[] | string {
  const { branch } = place;
  const { element } = branch;
  if (!element) return wholeObject(place, branch.objectClass ?? "", streamers);
  const isWhole = element.member < 0;
  if (isWhole) return namedType(place, element.className, { streamers, isMember: false });
  const member = memberOf(branch, streamers);
  const named = { ...place, parts: splitParts(element.className, place.parts) };
  const basic = basicColumn(named, member?.title ?? "");
  if (basic) return [basic];
  if (!member) return `is a member of the class ${element.className}, which the file does not describe`;
  switch (element.streamerType) {
    case elementType.string:
      return isInCollection(branch) ? "is a string in a split collection, which is not supported" : [stringColumn(named, 0)];
    case elementType.object:
    case elementType.any:
    case elementType.stl:
    case elementType.stlString:
    case elementType.streamer:
      return namedType(place, member.typeName, { streamers, isMember: true });
    case elementType.object + fixedArray:
    case elementType.any + fixedArray:
      return objects(place, member.typeName, { outer: around(place).levels, streamers, lengths: [member.length] });
    default:
      return `is of the type ${member.typeName}, which is not supported`;
  }
}

/** The description of the branch's member in the class that declares it: by number if the name agrees, else by name. */
function memberOf({ element, name }: Branch, streamers: Streamers): StreamerElement | undefined {
  const { className, version, checksum, member } = element!;
  const info =
    streamers.find(className, { version, checksum: undefined }) ??
    streamers.find(className, { version, checksum: checksum >>> 0 }) ??
    streamers.latest(className);
  const last = name.replace(/\[.*$/, "").split(".").at(-1);
  const byNumber = info?.elements[member];
  return byNumber?.name === last ? byNumber : info?.elements.find((each) => each.name === last);
}

const isInCollection = ({ element }: Branch): boolean => element?.kind === split.clonesLeaf || element?.kind === split.collectionLeaf;

/** The level of lists for the split collection that the branch is part of, and the branch that counts it; empty if it is part of none. */
function around({ branch }: BranchPlace) {
  const levels: BranchLevel[] = isInCollection(branch) ? [{ kind: "rest" }] : [];
  return { levels, ...(isInCollection(branch) && branch.countedBy && { counter: branch.countedBy }) };
}

/** A column of numbers, or of arrays of numbers. */
function basicColumn(place: BranchPlace, title: string): BranchColumn | undefined {
  const { branch, parts, lists } = place;
  const { streamerType } = branch.element!;
  const [leaf] = branch.leaves;
  if (!leaf || streamerType <= 0 || streamerType >= countedArray + fixedArray) return undefined;
  const isCounted = streamerType > countedArray;
  const type = typeOfNumber[streamerType % fixedArray];
  if (!type) return undefined;
  const { levels, counter } = around(place);
  if (isCounted && levels.length > 0) return undefined;
  const own: BranchLevel[] = isCounted ? [{ kind: "rest" }] : dimensionsOf(leaf).map((length) => ({ kind: "fixed", length }));
  const range = rangeOf(type, title);
  // An array whose length is another member begins with a byte that tells whether it is there.
  const form: BranchForm = { kind: "branch", type, ...(range && { range }), header: isCounted ? 1 : 0, levels: [...levels, ...own] };
  const counting = isCounted ? leaf.counter : counter;
  return { parts, lists: [...lists, ...own.map(() => parts.length)], form, branch, ...(counting && { counter: counting }) };
}

function stringColumn({ branch, parts, lists }: BranchPlace, header: number): BranchColumn {
  return { parts, lists, branch, form: { kind: "branch", type: "string", header, levels: [] } };
}

/** The columns of a collection, a string or an object, by the name of its type. */
function namedType(
  place: BranchPlace,
  typeName: string,
  { streamers, isMember }: { readonly streamers: Streamers; readonly isMember: boolean },
): readonly BranchColumn[] | string {
  const { branch, parts, lists } = place;
  const named = parseTypeName(typeName);
  if (named.kind === "unsupported") return named.reason;
  const { levels: outer, counter } = around(place);
  if (named.lists === 0) {
    if (named.kind === "objects") return objects(place, named.className, { outer, streamers });
    if (named.type !== "string" || outer.length > 0) return `is of the type ${typeName} here, which is not supported`;
    return [stringColumn(place, isMember ? headerBytes : 0)];
  }
  const levels: BranchLevel[] = [...outer, ...Array.from({ length: named.lists }, (): BranchLevel => ({ kind: "counted" }))];
  const column = {
    parts,
    lists: [...lists, ...Array.from({ length: named.lists }, () => parts.length)],
    branch,
    ...(counter && { counter }),
  };
  if (named.kind === "values") return [{ ...column, form: plainForm(named.type, levels) }];
  if (named.kind === "pairs") {
    if (outer.length > 0) return `is of the type ${typeName} in a split collection, which is not supported`;
    return pairForms(named.types, levels).map((form, index) => ({ ...column, parts: [...parts, pairFields[index]], form }));
  }
  if (outer.length > 0) return `is a list of ${named.className} in a split collection, which is not supported`;
  const { headed } = layoutsOf(named.className, streamers);
  if (headed.length === 0) return `holds objects of the class ${named.className}, whose size varies or which the file does not describe`;
  const memberwise = named.lists === 1 ? memberwiseForms(named.className, streamers) : [];
  return headed[0].members.map((member, index) => ({
    ...column,
    parts: [...parts, ...member.path],
    lists: [...column.lists, ...(member.dimensions ?? []).map(() => parts.length + member.path.length)],
    form: {
      ...plainForm(member.type, [...levels, ...fixedLevels(member)], member.title),
      ...elementForms(headed, index, 0),
      ...(memberwise[index] && { memberwise: memberwise[index] }),
    },
  }));
}

const pairFields = ["first", "second"];

/** The forms of a list of pairs, stored pair by pair, or first all first members and then all second ones. */
function pairForms(types: readonly [StoredType, StoredType], levels: readonly BranchLevel[]): readonly BranchForm[] {
  const [first, second] = types.map((type) => storedBytes(type, ""));
  const total = first + second;
  return types.map((type, index) => ({
    ...plainForm(type, levels),
    element: { bytes: total, at: index === 0 ? 0 : first, fixed: [] },
    memberwise: { bytes: index === 0 ? first : second, at: 0, fixed: [], before: index === 0 ? 0 : first, total },
  }));
}

function plainForm(type: StoredType, levels: readonly BranchLevel[], title = ""): BranchForm {
  const range = rangeOf(type, title);
  return { kind: "branch", type, ...(range && { range }), header: headerBytes, levels };
}

/** The columns of an object, one in each entry or in each element of a split collection. `lengths` is the length of a fixed array of such objects. */
function objects(
  place: BranchPlace,
  className: string,
  {
    outer,
    streamers,
    lengths = [],
  }: { readonly outer: readonly BranchLevel[]; readonly streamers: Streamers; readonly lengths?: readonly number[] },
): readonly BranchColumn[] | string {
  const { headed, bare } = layoutsOf(className, streamers);
  if (headed.length === 0) return `is an object of the class ${className}, whose size varies or which the file does not describe`;
  const { counter } = around(place);
  const levels = [...outer, ...lengths.map((length): BranchLevel => ({ kind: "fixed", length }))];
  const lists = [...place.lists, ...lengths.map(() => place.parts.length)];
  // An object that is alone in an entry may lack its header; the entry is then shorter by that.
  return membersAt({ ...place, lists }, levels.length === 0 ? [...headed, ...bare] : headed, 0).map((column) => ({
    ...column,
    form: { ...column.form, levels: [...levels, ...column.form.levels] },
    ...(counter && { counter }),
  }));
}

/** The columns of a `TBranchObject`, whose entries are the name of the class and then the object. */
function wholeObject(place: BranchPlace, className: string, streamers: Streamers): readonly BranchColumn[] | string {
  const { headed } = layoutsOf(className, streamers);
  if (headed.length === 0) return `is an object of the class ${className}, whose size varies or which the file does not describe`;
  return membersAt(place, headed, className.length + 2);
}

/** The columns of the members of an object that begins `start` bytes after its entry; `layouts` must not be empty. */
function membersAt({ branch, parts, lists }: BranchPlace, layouts: readonly ObjectLayout[], start: number): readonly BranchColumn[] {
  return layouts[0].members.map((member, index) => {
    const { path, type, title, dimensions = [] } = member;
    const range = rangeOf(type, title);
    const forms = elementForms(layouts, index, start);
    const form: BranchForm = { kind: "branch", type, ...(range && { range }), header: 0, levels: fixedLevels(member), ...forms };
    const names = joined(parts, path);
    return { parts: names, lists: [...lists, ...dimensions.map(() => names.length)], form, branch };
  });
}

const fixedLevels = ({ dimensions = [] }: LaidMember): BranchLevel[] => dimensions.map((length) => ({ kind: "fixed", length }));

/** The forms of a member of an object that begins `start` bytes after its entry, one for each layout. */
function elementForms(layouts: readonly ObjectLayout[], member: number, start: number): Pick<BranchForm, "element" | "others"> {
  const [element, ...others] = layouts.map(({ bytes, members, fixed }): ElementForm => {
    const { at, dimensions } = members[member];
    const words = fixed.map((each) => ({ at: each.at + start, word: each.word }));
    return { bytes: bytes + start, at: at + start, ...(dimensions && { dimensions }), fixed: words };
  });
  return { element, ...(others.length > 0 && { others }) };
}

/** Joins names; the vector `fP` inside a TLorentzVector adds no part, so that its members are px, py and pz. */
const joined = (parts: readonly string[], path: readonly string[]): readonly string[] =>
  parts.at(-1) === "fP" && path.length === 1 && /^[xyz]$/.test(path[0]) ? [...parts.slice(0, -1), `p${path[0]}`] : [...parts, ...path];

/** The forms for objects that are stored member by member, in the order of `layoutsOf`'s members. */
function memberwiseForms(className: string, streamers: Streamers): readonly NonNullable<BranchForm["memberwise"]>[] {
  const layouts = memberLayouts(className, streamers) ?? [];
  const total = layouts.reduce((sum, { bytes }) => sum + bytes, 0);
  let before = 0;
  return layouts.flatMap(({ bytes, members, fixed }) => {
    const start = before;
    before += bytes;
    return members.map(({ at, dimensions }) => ({ bytes, at, ...(dimensions && { dimensions }), fixed, before: start, total }));
  });
}
