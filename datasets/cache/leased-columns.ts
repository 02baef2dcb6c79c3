/** Answers questions about all columns of a lease together: whether they are ready, where their arrays lie, and what loading them cost. */
import { type Input, nameOf } from "../../engine/program/inputs.ts";
import { standsIn } from "../../engine/program/schema.ts";
import { DatasetError, type ReadCost } from "../dataset.ts";
import type { CachedColumn } from "./cached-column.ts";

/** The costs of loaded columns. `fromDisk` counts those that were read from copies on the disk. */
export type LoadedCosts = Omit<ReadCost, "fromDisk"> & { readonly columns: number; readonly fromDisk: number };

export function sumCosts(columns: readonly CachedColumn[]): LoadedCosts {
  const sum = { columns: columns.length, fromDisk: 0, bytes: 0, reading: 0, decoding: 0 };
  for (const { cost } of columns) {
    sum.fromDisk += cost?.fromDisk ? 1 : 0;
    sum.bytes += cost?.bytes ?? 0;
    sum.reading += cost?.reading ?? 0;
    sum.decoding += cost?.decoding ?? 0;
  }
  return sum;
}

/** Waits until all columns are ready. Rejects with the first failure, or as soon as the signal aborts. */
export async function waitUntilReady(columns: readonly CachedColumn[], signal: AbortSignal): Promise<void> {
  let stop = () => {};
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason);
  });
  signal.addEventListener("abort", stop, { once: true });
  if (signal.aborted) stop();
  const ready = columns.map(async ({ outcome }) => {
    const settled = await outcome;
    if (settled.kind === "failed") throw settled.error;
  });
  try {
    await Promise.race([Promise.all(ready), aborted]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

/**
 * Returns the address of an input's array in one of these columns. For a column that still loads, it is the address to which it is loaded, provided that the
 * columns are loaded in this order. Offsets are taken from a column that is ready, or else from the first one. Throws `DatasetError` if no column has the array;
 * this is not permanent, since the dataset may have been looked at before or after a file came that changed the column.
 */
export function addressOf(input: Input, columns: readonly CachedColumn[]): number {
  const has = ({ location: { column } }: CachedColumn) =>
    input.kind === "offsets" ? standsIn(column, input.lists) : column.name === input.column;
  const column = (input.kind === "offsets" && columns.find((each) => each.state === "ready" && has(each))) || columns.find(has);
  const sameType = input.kind !== "values" || column?.location.column.dtype === input.dtype;
  const block = sameType ? column?.block(input) : undefined;
  if (block) return block.address;
  throw new DatasetError(
    `Cannot read the ${input.kind} of ${nameOf(input)}: the column is not what it was when the query was submitted; submit it again`,
    { permanent: false },
  );
}
