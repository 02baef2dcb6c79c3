/** What is read of a file for a branch, and where its first lists end. */
import type { ByteRange, ByteReader } from "../../sources/source.ts";
import type { Basket, BasketsPlace } from "./branch.ts";
import { readBaskets } from "./read-baskets.ts";

/** Bytes of the file that `readBaskets` reads. */
export function rangesOfBaskets({ baskets, counter, tree }: BasketsPlace): ByteRange[] {
  const range = (basket: Basket) => (basket.kind === "file" ? [{ start: basket.seek, end: basket.seek + basket.bytes }] : []);
  return [
    ...(tree ? [{ start: tree.seek, end: tree.seek + tree.bytes }] : []),
    ...(counter?.baskets ?? []).flatMap(range),
    ...baskets.flatMap(range),
  ];
}

/** Where the first lists end, as far as the first basket tells; `values`: how many the unit has, at most. */
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
