/**
 * Reads a branch's baskets into flat content and offsets.
 *
 * Guarantees: on return exactly the location's entries were decoded, each basket had the length that it and the tree state, and nothing was written
 * outside of the target. Otherwise it throws. It terminates on any bytes.
 */
import type { ColumnTarget, ReadCounts } from "../../dataset.ts";
import { lendBytes } from "../../sources/lend-bytes.ts";
import type { ByteRange, ByteReader } from "../../sources/source.ts";
import { decompressInto, prepareCodecs } from "../compression/decompress.ts";
import { openEmbeddedBasket, openFileBasket } from "./basket-content.ts";
import type { Basket, BasketsPlace, BranchForm, TreeObject } from "./branch.ts";
import { type BranchLocation, BranchTarget } from "./branch-target.ts";
import { decodeBasket } from "./decode-basket.ts";

/** Implements `Format.read`. */
export async function readBaskets(
  file: ByteReader,
  place: BasketsPlace,
  location: BranchLocation,
  target: ColumnTarget,
): Promise<ReadCounts> {
  await prepareCodecs();
  const { form, baskets, counter } = place;
  const { firstEntry, entries } = location;
  const filled = new BranchTarget(form, location, target);
  const tree = baskets.some(({ kind }) => kind === "embedded") || counter?.baskets.some(({ kind }) => kind === "embedded");
  const object = tree && place.tree ? await treeObject(file, place.tree) : noBytes;
  for (const basket of baskets) {
    const from = Math.max(0, firstEntry - basket.firstEntry);
    const to = Math.min(basket.entries, firstEntry + entries - basket.firstEntry);
    if (from >= to) continue;
    if (basket.firstEntry + from !== firstEntry + filled.counts[0]!) throw new Error("its baskets do not follow one another");
    // Read before the basket is opened: during any wait, others may use the kernels' area.
    const counts = counter && form.levels[0]?.kind === "rest" ? await readCounts(file, place, counter, basket) : undefined;
    const range = { from, to, ...(counts && { counts }) };
    if (basket.kind === "embedded") decodeBasket(openEmbeddedBasket(object, basket), form, range, filled);
    else await lendBytes(file, rangeOf(file, basket), (bytes) => decodeBasket(openFileBasket(bytes, basket), form, range, filled));
  }
  return filled.finish();
}

const noBytes = new Uint8Array(0);

/** The number of elements of each entry of a basket, from the branch that counts them. */
async function readCounts(
  file: ByteReader,
  { tree }: BasketsPlace,
  { type, baskets }: NonNullable<BasketsPlace["counter"]>,
  { firstEntry, entries }: Basket,
): Promise<Uint32Array> {
  const values = new Uint32Array(entries);
  const form: BranchForm = { kind: "branch", type, header: 0, levels: [] };
  const column = { name: "", dtype: "uint32", nullable: false, lists: [] } as const;
  const place = { kind: "baskets", form, baskets, ...(tree && { tree }) } as const;
  await readBaskets(file, place, { column, firstEntry, entries, elements: [], values: entries }, { values, offsets: [] });
  return values;
}

function rangeOf(file: ByteReader, { seek, bytes }: { readonly seek: number; readonly bytes: number }): ByteRange {
  if (seek >= 0 && bytes >= 0 && seek + bytes <= file.byteLength) return { start: seek, end: seek + bytes };
  throw new Error(`bytes ${seek}–${seek + bytes} needed, the file has ${file.byteLength}`);
}

/** For each open file the tree object that was read last, because many columns of a file have a basket in it. */
const known = new WeakMap<object, { readonly seek: number; readonly object: Promise<Uint8Array> }>();

function treeObject(file: ByteReader, tree: TreeObject): Promise<Uint8Array> {
  const key = file.opened ?? file;
  const found = known.get(key);
  if (found?.seek === tree.seek) return found.object;
  const object = readTree(file, tree);
  known.set(key, { seek: tree.seek, object });
  // After a failure, another column must read it anew.
  object.catch(() => known.delete(key));
  return object;
}

function readTree(file: ByteReader, tree: TreeObject): Promise<Uint8Array> {
  return lendBytes(file, rangeOf(file, tree), (stored) => {
    const object = new Uint8Array(tree.length);
    decompressInto(stored, object);
    return object;
  });
}
