/** Which bytes of a file are read for a branch, and where its first lists end. */
import type { ByteRange, ByteReader } from "../../sources/source.ts";
import type { Basket, BasketsPlace } from "./branch.ts";
import { readBaskets } from "./read-baskets.ts";

/** The ranges of the file that `readBaskets` reads. */
export function rangesOfBaskets({ baskets, counter, tree }: BasketsPlace): ByteRange[] {
  const range = (basket: Basket) => (basket.kind === "file" ? [{ start: basket.seek, end: basket.seek + basket.bytes }] : []);
  return [
    ...(tree ? [{ start: tree.seek, end: tree.seek + tree.bytes }] : []),
    ...(counter?.baskets ?? []).flatMap(range),
    ...baskets.flatMap(range),
  ];
}

/** The offsets of the lists in the unit's first basket; `values` is the most values that the unit can have. Empty unless the form has exactly one level. */
export async function readFirstBasketOffsets(file: ByteReader, place: BasketsPlace, values: number): Promise<Uint32Array> {
  const [first] = place.baskets;
  const { form } = place;
  if (!first || form.levels.length !== 1) return new Uint32Array(0);
  const { firstEntry, entries } = first;
  const offsets = new Uint32Array(entries + 1);
  const column = { name: "", dtype: "float64", nullable: false, lists: ["list"] } as const;
  const target = { values: new Float64Array(values), offsets: [offsets] };
  await readBaskets(file, { ...place, baskets: [first] }, { column, firstEntry, entries, elements: [values], values }, target);
  return offsets;
}
