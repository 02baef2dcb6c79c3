/** The branches of a tree: the needed members of their objects, with their types checked. */
import type { BasketInTree } from "../file/own-forms.ts";
import type { Members, RootObject } from "../file/root-object.ts";

export interface Leaf {
  /** `TLeafF`, `TLeafElement`, …. */
  readonly className: string;
  readonly name: string;
  /** The title, with dimensions: `x[n][3]`. */
  readonly title: string;
  /** The number of values in each entry or, with a counter, for each element that it counts. */
  readonly length: number;
  readonly isUnsigned: boolean;
  /** The number of its type, for a `TLeafElement`. */
  readonly type: number | undefined;
  /** The leaf that counts its elements, as its object. */
  readonly counter: RootObject | undefined;
  readonly object: RootObject;
}

/** A `TBranchElement`'s description of the member or object that it holds. */
export interface ElementOfBranch {
  readonly className: string;
  /** The class of the elements of a TClonesArray or a split collection. */
  readonly elementClass: string;
  readonly version: number;
  readonly checksum: number;
  /** Which part of a split object it is: one of `split`. */
  readonly kind: number;
  /** The number of its type (`element-types.ts`). */
  readonly streamerType: number;
  /** The index of its member in the class description; negative if it holds a whole object. */
  readonly member: number;
}

/** The values of `ElementOfBranch.kind`. */
export const split = { leaf: 0, base: 1, object: 2, clones: 3, collection: 4, clonesLeaf: 31, collectionLeaf: 41 } as const;

const unknownCompression = -1;

export interface Branch {
  readonly className: string;
  readonly name: string;
  readonly leaves: readonly Leaf[];
  readonly branches: readonly Branch[];
  readonly element: ElementOfBranch | undefined;
  /** The class of a `TBranchObject`. */
  readonly objectClass: string | undefined;
  /** The branch that counts its elements, as its object. */
  readonly countedBy: RootObject | undefined;
  readonly object: RootObject;
  readonly entries: number;
  readonly firstEntry: number;
  /** The bytes of all its baskets with their keys, decompressed. */
  readonly totalBytes: number;
  /** ROOT's compression setting: 100 times the codec's number, plus the level. Negative if not known. */
  readonly compression: number;
  /** Whether its baskets may lack entry offsets, which must then be computed from its counter. */
  readonly mayLackOffsets: boolean;
  /** The number of the basket that was being filled when the tree was written. */
  readonly lastBasket: number;
  readonly seeks: readonly number[];
  readonly bytes: readonly number[];
  readonly firstEntries: readonly number[];
  readonly embedded: readonly (BasketInTree | undefined)[];
  /** The other file that has its baskets; empty if they are in this file. */
  readonly fileName: string;
}

/** The deepest that branches may be nested. */
const mostDepth = 50;

/** The different branches of a list. */
export function branchesOf(list: unknown, depth = 0): readonly Branch[] {
  if (depth > mostDepth) throw new Error(`its branches stand in one another ${mostDepth} deep`);
  return [...new Set(itemsOf(list))].map((object) => branchOf(object, depth));
}

function branchOf(object: RootObject, depth: number): Branch {
  const { className, members } = object;
  const number = (name: string) => (typeof members[name] === "number" ? members[name] : 0);
  const text = (name: string) => (typeof members[name] === "string" ? members[name] : "");
  const numbers = (name: string): readonly number[] => (Array.isArray(members[name]) ? members[name] : []);
  const baskets = (members.fBaskets as Members | undefined)?.items as readonly (RootObject | undefined)[] | undefined;
  const element =
    className === "TBranchElement"
      ? {
          className: text("fClassName"),
          elementClass: text("fClonesName"),
          version: number("fClassVersion"),
          checksum: number("fCheckSum"),
          kind: number("fType"),
          streamerType: number("fStreamerType"),
          member: number("fID"),
        }
      : undefined;
  const leaves = itemsOf(members.fLeaves).map(leafOf);
  return {
    className,
    name: text("fName"),
    leaves,
    branches: branchesOf(members.fBranches, depth + 1),
    element,
    objectClass: className === "TBranchObject" ? text("fClassName") : undefined,
    countedBy: members.fBranchCount as RootObject | undefined,
    object,
    entries: number("fEntries"),
    firstEntry: number("fFirstEntry"),
    totalBytes: number("fTotBytes"),
    // Some writers state no compression although they compress.
    compression: number("fCompress") === 0 && number("fZipBytes") < number("fTotBytes") ? unknownCompression : number("fCompress"),
    mayLackOffsets: number("fEntryOffsetLen") === 0 || ((members.fIOFeatures as Members | undefined)?.fIOBits ?? 0) !== 0,
    lastBasket: number("fWriteBasket"),
    seeks: numbers("fBasketSeek"),
    bytes: numbers("fBasketBytes"),
    firstEntries: numbers("fBasketEntry"),
    embedded: (baskets ?? []).map((basket) => basket?.members.basket as BasketInTree | undefined),
    fileName: text("fFileName"),
  };
}

function leafOf(object: RootObject): Leaf {
  const { className, members } = object;
  return {
    className,
    name: String(members.fName),
    title: String(members.fTitle),
    length: typeof members.fLen === "number" ? members.fLen : 1,
    isUnsigned: members.fIsUnsigned === true,
    type: typeof members.fType === "number" ? members.fType : undefined,
    counter: members.fLeafCount as RootObject | undefined,
    object,
  };
}

function itemsOf(list: unknown): readonly RootObject[] {
  const items = (list as Members | undefined)?.items;
  return Array.isArray(items) ? items.filter((item) => item !== undefined) : [];
}
