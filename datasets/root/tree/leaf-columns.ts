/** The columns of a branch whose leaves are of basic types. */
import type { BranchForm, BranchLevel } from "../baskets/branch.ts";
import type { BranchColumn, BranchPlace } from "./branch-column.ts";
import type { Branch } from "./branch-node.ts";
import { dimensionsOf } from "./naming.ts";
import { storedBytes } from "./object-layout.ts";
import { rangeOf, typeOfLeaf } from "./value-types.ts";

/** The columns, or the reason why there are none. */
export function leafColumns({ branch, parts }: BranchPlace): readonly BranchColumn[] | string {
  const { leaves } = branch;
  if (leaves.length === 0) return "has no leaves";
  if (leaves.length > 1) return leafList(branch, parts);
  const [leaf] = leaves;
  const type = typeOfLeaf(leaf.className, leaf.isUnsigned);
  if (!type) return `is a leaf of the class ${leaf.className}, which is not supported`;
  const dimensions = type === "string" ? [] : dimensionsOf(leaf);
  const levels: BranchLevel[] = [
    ...(leaf.counter ? [{ kind: "rest" } as const] : []),
    ...dimensions.map((length): BranchLevel => ({ kind: "fixed", length })),
  ];
  const range = rangeOf(type, leaf.title);
  const form: BranchForm = { kind: "branch", type, ...(range && { range }), header: 0, levels };
  return [{ parts, lists: levels.map(() => parts.length), form, branch, ...(leaf.counter && { counter: leaf.counter }) }];
}

/** The columns of a list of leaves, whose values follow one another in each entry. */
function leafList(branch: Branch, parts: readonly string[]): readonly BranchColumn[] | string {
  const columns: BranchColumn[] = [];
  let at = 0;
  const placed = branch.leaves.map((leaf) => {
    const type = typeOfLeaf(leaf.className, leaf.isUnsigned);
    const isPlain = type !== undefined && type !== "string" && !leaf.counter;
    const start = at;
    if (isPlain) at += storedBytes(type, leaf.title) * leaf.length;
    return { leaf, type: isPlain ? type : undefined, start };
  });
  for (const { leaf, type, start } of placed) {
    if (type === undefined) return "is a list of leaves of which one is no number or has a varying length, which is not supported";
    const dimensions = dimensionsOf(leaf);
    const range = rangeOf(type, leaf.title);
    const form: BranchForm = {
      kind: "branch",
      type,
      ...(range && { range }),
      header: 0,
      levels: dimensions.map((length) => ({ kind: "fixed", length })),
      element: { bytes: at, at: start, ...(dimensions.length > 0 && { dimensions }), fixed: [] },
    };
    const names = [...parts, leaf.name];
    columns.push({ parts: names, lists: dimensions.map(() => names.length), form, branch });
  }
  return columns;
}
