/** What is needed to read a branch of a TTree: where its baskets lie, and how an entry's bytes become values. Plain data, JSON. */

import type { BasketInTree } from "../file/own-forms.ts";

/** The type of one value in the file; numbers are big-endian. */
export type StoredType =
  | "bool"
  | "int8"
  | "uint8"
  | "int16"
  | "uint16"
  | "int32"
  | "uint32"
  | "int64"
  | "uint64"
  | "float32"
  | "float64"
  | "Float16_t"
  | "Double32_t"
  /** A length of one byte, or 255 and a length of four, then as many bytes. */
  | "string";

/**
 * The form of an entry: a header, then levels of lists within one another, then the innermost elements. Examples: `x/F` has no header and no levels;
 * `vector<float>` has `{ header: 6, levels: [{ kind: "counted" }] }`; `vector<vector<int>>` has two counted levels; a leaf of a split TClonesArray,
 * and `x[n]`, have `[{ kind: "rest" }]`; `x[n][3]` has `[{ kind: "rest" }, { kind: "fixed", length: 3 }]`.
 */
export interface BranchForm {
  readonly kind: "branch";
  readonly type: StoredType;
  /**
   * Only for `Float16_t` and `Double32_t`. With `lower` < `upper` a value is stored as an unsigned integer of four bytes that counts from `lower` in
   * steps of (upper − lower) / 2^bits. With both 0 it is one byte of exponent and two of sign and mantissa, cut to `bits`. A `Double32_t` without
   * range is stored as a float32.
   */
  readonly range?: { readonly lower: number; readonly upper: number; readonly bits: number };
  /**
   * The bytes in front of the levels: 6 for a byte count and a version. A header of at least 6 bytes begins with such a byte count, which is checked
   * against the entry's length.
   */
  readonly header: number;
  /** One for each list around the values, outermost first. */
  readonly levels: readonly BranchLevel[];
  /** Present if each value is part of an object with other parts. */
  readonly element?: ElementForm;
  /** Other forms that such an object may have; the first one that fits is used. */
  readonly others?: readonly ElementForm[];
  /**
   * The form of a vector of objects that is stored member by member, which a bit of its version (0x4000) tells. After the header come the version of
   * the class (two bytes; if it is 0, four more), the count, and then each member of all objects. If absent, such vectors are refused.
   */
  readonly memberwise?: ElementForm & {
    /** For each object, the bytes of the members before this one, and of all members. */
    readonly before: number;
    readonly total: number;
  };
}

export type BranchLevel =
  /** Lists of a fixed length, which is not stored. */
  | { readonly kind: "fixed"; readonly length: number }
  /** A list whose elements fill the rest of the entry; another branch has their number. Only the outermost level. */
  | { readonly kind: "rest" }
  /** Lists with their number of elements, four bytes, in front. */
  | { readonly kind: "counted" };

/** An object of a fixed size. */
export interface ElementForm {
  /** The size of the object in bytes. */
  readonly bytes: number;
  /** The byte of the object at which the value begins. */
  readonly at: number;
  /** For an array in the object: its lengths, outermost first. They are also the innermost levels of the form. */
  readonly dimensions?: readonly number[];
  /** Words of four bytes, byte counts, that are the same in each object. An object with other values there is refused. */
  readonly fixed: readonly { readonly at: number; readonly word: number }[];
}

/** The baskets that have entries of a location, in the order of entries, without gaps. */
export interface BasketsPlace {
  readonly kind: "baskets";
  readonly form: BranchForm;
  readonly baskets: readonly Basket[];
  /** For baskets without entry offsets whose outermost level is `rest`: the branch with the number of elements, one integer per entry. */
  readonly counter?: { readonly type: StoredType; readonly baskets: readonly Basket[] };
  /** The tree's own object, present if some of the baskets are embedded in it. */
  readonly tree?: TreeObject;
}

export type Basket = FileBasket | EmbeddedBasket;

interface BasketEntries {
  /** The number of its first entry in the tree. */
  readonly firstEntry: number;
  readonly entries: number;
}

/** A basket with a key of its own in the file. */
export interface FileBasket extends BasketEntries {
  readonly kind: "file";
  /** The byte of the file at which its key begins. */
  readonly seek: number;
  /** The bytes of the key and the content together. */
  readonly bytes: number;
}

/** A basket that was not full when the tree was written. It is part of the tree's object and not compressed by itself. */
export interface EmbeddedBasket extends BasketEntries, BasketInTree {
  readonly kind: "embedded";
}

/** The stored object of a TTree, without its key. */
export interface TreeObject {
  /** The byte of the file at which it begins, after its key. */
  readonly seek: number;
  /** Its stored bytes. */
  readonly bytes: number;
  /** Its bytes after decompression. */
  readonly length: number;
}
