/** A column that a branch of a tree holds. */
import type { BranchForm } from "../baskets/branch.ts";
import type { RootObject } from "../file/root-object.ts";
import type { Branch } from "./branch-node.ts";

export interface BranchColumn {
  readonly parts: readonly string[];
  /** As in `FileColumn`. */
  readonly lists: readonly number[];
  readonly form: BranchForm;
  readonly branch: Branch;
  /** The leaf or branch that counts its outermost lists, as its object. */
  readonly counter?: RootObject;
}

export interface UnsupportedBranch {
  readonly parts: readonly string[];
  readonly reason: string;
}

/** A branch, and the names and lists of what it is part of. */
export interface BranchPlace {
  readonly branch: Branch;
  readonly parts: readonly string[];
  /** For each list around it, how many parts of the name name that list. */
  readonly lists: readonly number[];
}
