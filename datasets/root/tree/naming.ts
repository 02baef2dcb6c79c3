/** Names of columns from names of branches. */

export interface Naming {
  /** The parts of the name of what the branch is part of. */
  readonly prefix: readonly string[];
  /** For each list around the branch, how many parts of the name name that list. */
  readonly lists: readonly number[];
}

/** Longer names and names with more parts are refused, to bound the time they take. */
const mostLetters = 4096;
const mostParts = 50;

/**
 * The full name of a branch in parts. Both `muon.pt` in `muon.` and `pt` in `muon` become `muon`, `pt`: ROOT repeats the outer names in a branch's name only
 * if the outermost one ends with a point.
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

/** The fixed dimensions of a leaf, from its title such as `x[n][3]`. `length` must be their product; else it is taken as the only dimension. */
export function dimensionsOf({ title, length }: { readonly title: string; readonly length: number }): readonly number[] {
  const stated = [...title.matchAll(/\[(\d+)\]/g)].map(([, digits]) => Number(digits));
  const product = stated.reduce((a, b) => a * b, 1);
  if (product === length) return stated;
  return length > 1 ? [length] : [];
}
