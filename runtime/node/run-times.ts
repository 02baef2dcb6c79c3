/** Where the time of a program over one partition went. */
import type { Lease } from "../../datasets/cache/lease.ts";
import type { ComputeTiming } from "../../functions/compute/executor.ts";

export type Times = { -readonly [Figure in keyof ComputeTiming]: ComputeTiming[Figure] };

export const noTime: Times = { compiling: 0, loading: 0, reading: 0, decoding: 0, thread: 0, computing: 0, bytes: 0 };

const microseconds = (value: number): number => Math.round(value * 1000) / 1000;

/** To a microsecond: the figures are kept as JSON beside each partial. */
export const rounded = ({ compiling, loading, reading, decoding, thread, computing, bytes }: Times): ComputeTiming => ({
  compiling: microseconds(compiling),
  loading: microseconds(loading),
  reading: microseconds(reading),
  decoding: microseconds(decoding),
  thread: microseconds(thread),
  computing: microseconds(computing),
  bytes,
});

/** All waited for the columns; what it cost to load them is told once. */
export function addLoading(all: readonly Times[], { loaded }: Lease, elapsed: number): void {
  for (const times of all) times.loading += elapsed;
  const [times] = all as readonly [Times];
  times.reading += loaded.reading;
  times.decoding += loaded.decoding;
  times.bytes += loaded.bytes;
}
