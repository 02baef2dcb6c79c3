/** Collects the baskets of branches into the tables of a description. Checks that the baskets of each branch cover all entries, or refuses the branch. */
import type { Branch } from "./branch-node.ts";
import type { TreePlaces } from "./tree-places.ts";

export class BasketTables {
  readonly #seeks: number[] = [];
  readonly #bytes: number[] = [];
  readonly #firstEntries: number[] = [];
  readonly #embedded: number[] = [];
  readonly #branches: number[] = [];
  readonly #compressions: number[] = [];
  readonly #fileBytes: number;

  constructor(fileBytes: number) {
    this.#fileBytes = fileBytes;
  }

  /** The number of branches added. */
  get length(): number {
    return this.#branches.length / 2;
  }

  /** Adds a branch; returns the reason if it cannot be read. `objectBytes` is the size of its tree's object. */
  add(branch: Branch, tree: { readonly position: number; readonly entries: number; readonly objectBytes: number }): string | undefined {
    const first = this.#seeks.length;
    const reason = this.#addBaskets(branch, tree);
    if (reason === undefined) {
      this.#branches.push(first, tree.position);
      this.#compressions.push(branch.compression);
      return undefined;
    }
    for (const table of [this.#seeks, this.#bytes, this.#firstEntries]) table.length = first;
    return reason;
  }

  #addBaskets(branch: Branch, { entries, objectBytes }: { readonly entries: number; readonly objectBytes: number }): string | undefined {
    const { seeks, bytes, firstEntries, embedded, lastBasket } = branch;
    if (branch.firstEntry !== 0) return `begins with entry ${branch.firstEntry}`;
    if (branch.entries !== entries) return `has ${branch.entries} entries where its tree has ${entries}`;
    const count = Math.min(seeks.length, bytes.length, firstEntries.length, Math.max(0, lastBasket) + 1);
    let previous = -1;
    for (let index = 0; index < Math.max(count, embedded.length); index++) {
      const inTree = embedded[index];
      const isInFile = index < count && seeks[index] > 0 && bytes[index] > 0;
      if (!isInFile && (inTree === undefined || inTree.entries === 0)) continue;
      const first = index < firstEntries.length ? firstEntries[index] : entries;
      if (first >= entries) break;
      const isEmpty = index + 1 < count && firstEntries[index + 1] === first;
      if (isEmpty) continue;
      if (previous < 0 ? first !== 0 : !(first > previous))
        return `has baskets that do not follow one another (one begins with entry ${first})`;
      previous = first;
      if (isInFile) {
        if (!(seeks[index] + bytes[index] <= this.#fileBytes)) return `has a basket behind the end of the file, at ${seeks[index]}`;
        this.#seeks.push(seeks[index]);
        this.#bytes.push(bytes[index]);
      } else {
        const { start, bytes: length, offsets = -1, keyBytes } = inTree!;
        if (start + length > objectBytes) return "has a basket behind the end of its tree";
        this.#seeks.push(-1 - this.#embedded.length / 4);
        this.#bytes.push(length);
        this.#embedded.push(start, length, offsets, keyBytes);
      }
      this.#firstEntries.push(first);
    }
    return previous < 0 && entries > 0 ? "has no baskets" : undefined;
  }

  /** The entries, except 0, at which a basket of every branch begins. */
  seams(): readonly number[] {
    const starts = [...this.#branches.filter((_, at) => at % 2 === 0), this.#seeks.length];
    let common: Set<number> | undefined;
    for (let branch = 0; branch + 1 < starts.length; branch++) {
      const own = this.#firstEntries.slice(starts[branch]! + 1, starts[branch + 1]);
      const known: Set<number> | undefined = common;
      common = new Set(known ? own.filter((entry) => known.has(entry)) : own);
      if (common.size === 0) break;
    }
    return [...(common ?? [])];
  }

  finish(trees: Float64Array): TreePlaces {
    return {
      branches: Float64Array.from([...this.#branches, this.#seeks.length]),
      seeks: Float64Array.from(this.#seeks),
      bytes: Float64Array.from(this.#bytes),
      firstEntries: Float64Array.from(this.#firstEntries),
      embedded: Float64Array.from(this.#embedded),
      compressions: Float64Array.from(this.#compressions),
      trees,
    };
  }
}
