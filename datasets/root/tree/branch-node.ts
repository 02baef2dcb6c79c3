/** A tree's branches, as their objects say: what is needed of them, checked. */
import type { BasketInTree } from "../file/own-forms.ts";
import type { Members, RootObject } from "../file/root-object.ts";

export interface Leaf {
  /** `TLeafF`, `TLeafElement`, …. */
  readonly className: string;
  readonly name: string;
  /** With its dimensions: `x[n][3]`. */
  readonly title: string;
  /** How many values it has in each entry, or for each that its counter counts. */
  readonly length: number;
  readonly isUnsigned: boolean;
  /** Of a `TLeafElement`: number of its type. */
  readonly type: number | undefined;
  /** The object of the leaf that counts. */
  readonly counter: RootObject | undefined;
  readonly object: RootObject;
}

/** What a `TBranchElement` says of the member or object that it holds. */
export interface ElementOfBranch {
  readonly className: string;
  /** Of a TClonesArray or a split collection: the class of its elements. */
  readonly elementClass: string;
  readonly version: number;
  readonly checksum: number;
  /** What part of a split object it is. */
  readonly kind: number;
  /** Number of its type. */
  readonly streamerType: number;
  /** Position of its member in the description of the class; below 0 where it is a whole object. */
  readonly member: number;
}

/** `ElementOfBranch.kind`. */
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
  /** The object of the branch that counts its elements. */
  readonly countedBy: RootObject | undefined;
  readonly object: RootObject;
  readonly entries: number;
  readonly firstEntry: number;
  /** Of all baskets with their keys, decompressed. */
  readonly totalBytes: number;
  /** As ROOT states it: 100 times the number of its codec, and a level; below 0 where that is not known. */
  readonly compression: number;
  /** Its baskets may lack the positions of their entries, which its counter then tells. */
  readonly mayLackOffsets: boolean;
  /** The number of the basket that was being filled. */
  readonly lastBasket: number;
  readonly seeks: readonly number[];
  readonly bytes: readonly number[];
  readonly firstEntries: readonly number[];
  readonly embedded: readonly (BasketInTree | undefined)[];
  /** Another file where its baskets are. */
  readonly fileName: string;
}

/** Deeper trees are refused. */
const mostDepth = 50;

/** The branches in a list, each once. */
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
    // Some writers state none for what they compress.
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
