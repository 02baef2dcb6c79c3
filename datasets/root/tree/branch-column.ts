/** A column as a branch of a tree has it. */
import type { BranchForm } from "../baskets/branch.ts";
import type { RootObject } from "../file/root-object.ts";
import type { Branch } from "./branch-node.ts";

export interface BranchColumn {
  readonly parts: readonly string[];
  /** As in `FileColumn`. */
  readonly lists: readonly number[];
  readonly form: BranchForm;
  readonly branch: Branch;
  /** The object of the leaf, or of the branch, that counts its outermost lists. */
  readonly counter?: RootObject;
}

export interface UnsupportedBranch {
  readonly parts: readonly string[];
  readonly reason: string;
}

/** Where the columns of a branch stand. */
export interface BranchPlace {
  readonly branch: Branch;
  readonly parts: readonly string[];
  /** Of the lists around it, how many parts name each. */
  readonly lists: readonly number[];
}
