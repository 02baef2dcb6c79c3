/** Measures how a program spends its time over one partition. */
import type { Lease } from "../../datasets/cache/lease.ts";
import type { ComputeTiming } from "../../functions/compute/executor.ts";

export type Times = { -readonly [Figure in keyof ComputeTiming]: ComputeTiming[Figure] };

export const noTime: Times = { compiling: 0, loading: 0, reading: 0, decoding: 0, thread: 0, computing: 0, bytes: 0 };

const microseconds = (value: number): number => Math.round(value * 1000) / 1000;

/** Rounds to microseconds, since the times are kept as JSON beside each partial. */
export const rounded = ({ compiling, loading, reading, decoding, thread, computing, bytes }: Times): ComputeTiming => ({
  compiling: microseconds(compiling),
  loading: microseconds(loading),
  reading: microseconds(reading),
  decoding: microseconds(decoding),
  thread: microseconds(thread),
  computing: microseconds(computing),
  bytes,
});

/** Adds the waiting for columns to the times of all runs, and the cost of loading them only to those of the first. */
export function addLoading(all: readonly Times[], { loaded }: Pick<Lease, "loaded">, elapsed: number): void {
  for (const times of all) times.loading += elapsed;
  const [times] = all as readonly [Times];
  times.reading += loaded.reading;
  times.decoding += loaded.decoding;
  times.bytes += loaded.bytes;
}
