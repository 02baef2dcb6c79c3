/** A branch's baskets into flat content and offsets. */
import type { ColumnLocation, ColumnTarget, ReadCounts } from "../../dataset.ts";
import type { ByteReader } from "../../sources/source.ts";
import type { BasketsPlace } from "./branch.ts";

/** As `Format.read`. */
export function readBaskets(
  _file: ByteReader,
  _place: BasketsPlace,
  _location: Pick<ColumnLocation, "column" | "firstEntry" | "entries" | "elements" | "values">,
  _target: ColumnTarget,
): Promise<ReadCounts> {
  throw new Error("it is not written yet");
}
