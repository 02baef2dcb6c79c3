/** Names of columns from names of branches. */

export interface Naming {
  /** Parts of the name of what a branch stands in. */
  readonly prefix: readonly string[];
  /** For each list around it: how many parts name it. */
  readonly lists: readonly number[];
}

/** Longer names, and names of more parts, are no names: they would only take time. */
const mostLetters = 4096;
const mostParts = 50;

/**
 * `muon.pt` in `muon.`, and `pt` in `muon`, are both `muon`, `pt`: ROOT puts the names of what a branch stands in in front of its name only where the
 * outermost of them ends with a point.
 */
export function partsOf(name: string, prefix: readonly string[]): readonly string[] {
  if (name.length > mostLetters) throw new Error(`a branch has a name of ${name.length} letters`);
  const clean = name.replace(/\[.*$/, "").replace(/\.+$/, "");
  const from = prefix.findIndex((_, index) => clean.startsWith(`${prefix.slice(index).join(".")}.`));
  const own = from < 0 ? clean : clean.slice(prefix.slice(from).join(".").length + 1);
  const parts = own.split(".").filter((part) => part !== "");
  if (prefix.length + parts.length > mostParts) throw new Error(`a branch has a name of ${prefix.length + parts.length} parts`);
  return [...prefix, ...(parts.length > 0 ? parts : [own])];
}

/** The fixed dimensions of a leaf, whose title has them: `x[n][3]`. `length` is their product. */
export function dimensionsOf({ title, length }: { readonly title: string; readonly length: number }): readonly number[] {
  const stated = [...title.matchAll(/\[(\d+)\]/g)].map(([, digits]) => Number(digits));
  const product = stated.reduce((a, b) => a * b, 1);
  if (product === length) return stated;
  return length > 1 ? [length] : [];
}
