/** What reading a branch of a TTree needs to know: where its baskets lie, and how an entry's bytes become values. Plain data, JSON. */

import type { BasketInTree } from "../file/own-forms.ts";

/** Of one value in the file; numbers have their highest byte first. */
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
 * An entry is its header, then its levels one within another, then the innermost elements. `x/F` has neither header nor levels; `vector<float>` is
 * `{ header: 6, levels: [{ kind: "counted" }] }`; `vector<vector<int>>` the same with two counted levels; a leaf of a split TClonesArray, or `x[n]`,
 * has `[{ kind: "rest" }]`; `x[n][3]` has `[{ kind: "rest" }, { kind: "fixed", length: 3 }]`.
 */
export interface BranchForm {
  readonly kind: "branch";
  readonly type: StoredType;
  /**
   * Of `Float16_t` and `Double32_t`. With `lower` < `upper` a value is stored as an unsigned integer of four bytes that counts from `lower` in
   * steps of (upper − lower) / 2^bits. With both 0: one byte of exponent and two of sign and mantissa, cut to `bits`. A `Double32_t` without
   * range is stored as a float32.
   */
  readonly range?: { readonly lower: number; readonly upper: number; readonly bits: number };
  /**
   * Bytes in front of what the levels hold: 6 for a byte count and a version. Where it is at least 6, it begins with such a byte count, which is
   * checked against the entry's length.
   */
  readonly header: number;
  /** For each list that the values stand in, outermost first. */
  readonly levels: readonly BranchLevel[];
  /** Where each value is part of an object with other parts. */
  readonly element?: ElementForm;
  /** How such an object may stand there instead: the first form that fits is taken. */
  readonly others?: readonly ElementForm[];
  /**
   * How a vector of objects is stored where its version has the bit for members one after another (0x4000): behind the header follows the
   * version of the class (two bytes; where that is 0, four more), then the count, then each member of all objects. Absent: refused.
   */
  readonly memberwise?: ElementForm & {
    /** Bytes per object of the members that stand before, and of all members. */
    readonly before: number;
    readonly total: number;
  };
}

export type BranchLevel =
  /** As many elements as its length says; nothing is stored for it. */
  | { readonly kind: "fixed"; readonly length: number }
  /** As many elements as fill the entry: their number stands in another branch. The outermost level only. */
  | { readonly kind: "rest" }
  /** Four bytes say how many elements follow. */
  | { readonly kind: "counted" };

/** An object of a fixed size. */
export interface ElementForm {
  /** Its bytes. */
  readonly bytes: number;
  /** Where the value begins in it. */
  readonly at: number;
  /** Of an array in it: its lengths, outermost first, which are the innermost of the levels. */
  readonly dimensions?: readonly number[];
  /** Words of four bytes that are the same in each: byte counts. An object with other ones is refused. */
  readonly fixed: readonly { readonly at: number; readonly word: number }[];
}

/** In the order of entries, without gaps: all that have entries of the location. */
export interface BasketsPlace {
  readonly kind: "baskets";
  readonly form: BranchForm;
  readonly baskets: readonly Basket[];
  /** For baskets without entry offsets whose outermost level is `rest`: the branch that has its number of elements, an integer per entry. */
  readonly counter?: { readonly type: StoredType; readonly baskets: readonly Basket[] };
  /** Where baskets are embedded: the tree's own object. */
  readonly tree?: TreeObject;
}

export type Basket = FileBasket | EmbeddedBasket;

interface BasketEntries {
  /** In the file's tree. */
  readonly firstEntry: number;
  readonly entries: number;
}

/** It has a key of its own. */
export interface FileBasket extends BasketEntries {
  readonly kind: "file";
  /** Where its key begins in the file. */
  readonly seek: number;
  /** Of the key and what follows it. */
  readonly bytes: number;
}

/** It was not yet full when the tree was written, and lies in the tree's object, not compressed by itself. */
export interface EmbeddedBasket extends BasketEntries, BasketInTree {
  readonly kind: "embedded";
}

/** The content of the key of a TTree, as it is stored. */
export interface TreeObject {
  /** Where the content begins in the file: behind the key's header. */
  readonly seek: number;
  /** How many bytes it has there. */
  readonly bytes: number;
  /** How many it has decompressed. */
  readonly length: number;
}
