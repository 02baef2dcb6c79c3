/** How large LMDB's first map of the store's file is. */
import { existsSync, readFileSync } from "node:fs";

/**
 * The bytes of addresses that are set aside for the file. They cost no memory. A file that outgrows its map is mapped again beside the old map, which stays,
 * and each page that is read through both counts twice as memory of the process; so the map has room for more than stores usually hold.
 */
const mapBytes = 64 * 2 ** 30;
/** Linux tells what limits this process here. */
const limits = "/proc/self/limits";

/** The option for LMDB. It is left out where the process may have only so many addresses (`ulimit -v`): LMDB's binding crashes if it does not get them. */
export function firstMap(): { readonly mapSize?: number } {
  const isLimited = existsSync(limits) && /^Max address space +\d/m.test(readFileSync(limits, "utf8"));
  return isLimited ? {} : { mapSize: mapBytes };
}
