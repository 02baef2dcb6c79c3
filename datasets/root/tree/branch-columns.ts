/** Finds the columns that the branches of a tree hold: their names, and how their bytes become values. Lists unsupported ones with the reason. */
import type { Streamers } from "../file/streamers.ts";
import type { BranchColumn, UnsupportedBranch } from "./branch-column.ts";
import { type Branch, split } from "./branch-node.ts";
import { elementColumns } from "./element-columns.ts";
import { leafColumns } from "./leaf-columns.ts";
import { type Naming, partsOf } from "./naming.ts";

export interface FoundColumns {
  readonly columns: BranchColumn[];
  readonly unsupported: UnsupportedBranch[];
}

/** The most columns of a file; a file with more is taken as damaged. */
const mostColumns = 100_000;

export function findColumns(branches: readonly Branch[], streamers: Streamers): FoundColumns {
  const found: FoundColumns = { columns: [], unsupported: [] };
  for (const branch of branches) visit(branch, { prefix: [], lists: [] }, { streamers, found });
  return found;
}

function visit(branch: Branch, naming: Naming, context: { readonly streamers: Streamers; readonly found: FoundColumns }): void {
  const { found, streamers } = context;
  if (found.columns.length > mostColumns) throw new Error(`it has more than ${mostColumns} columns`);
  const parts = partsOf(branch.name, naming.prefix);
  const kind = branch.element?.kind;
  const children = (inner: Naming) => {
    for (const child of branch.branches) visit(child, inner, context);
  };
  if (kind === split.clones || kind === split.collection) {
    const name = [...parts.slice(0, -1), `${parts.at(-1)}_`];
    found.columns.push({ parts: name, lists: [], branch, form: { kind: "branch", type: "int32", header: 0, levels: [] } });
    children({ prefix: parts, lists: [parts.length] });
  } else if (branch.branches.length > 0 || kind === split.base || kind === split.object) {
    // A base class adds no part to the names of its members.
    children({ ...naming, prefix: kind === split.base ? naming.prefix : parts });
  } else if (branch.fileName !== "") {
    found.unsupported.push({ parts, reason: `is kept in another file (${branch.fileName}), which is not supported` });
  } else {
    const place = { branch, parts, lists: naming.lists };
    const columns = branch.element || branch.objectClass !== undefined ? elementColumns(place, streamers) : leafColumns(place);
    if (typeof columns === "string") found.unsupported.push({ parts, reason: columns });
    else found.columns.push(...columns);
  }
}
