/** Measures how long calls take, for benchmarks and load tests. */

/** The milliseconds that one call takes. */
export async function timed(call: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await call();
  return performance.now() - start;
}

/** The milliseconds that each of `count` calls takes, one after another. */
export async function latencies(count: number, call: () => Promise<unknown>): Promise<readonly number[]> {
  const taken: number[] = [];
  for (let index = 0; index < count; index++) taken.push(await timed(call));
  return taken;
}

/** Returns the one of the values below which a `share` (0 to 1) of them is; NaN if there are none. */
export function quantile(values: readonly number[], share: number): number {
  const rising = values.toSorted((a, b) => a - b);
  return rising[Math.min(rising.length - 1, Math.floor(share * rising.length))] ?? Number.NaN;
}

export const median = (values: readonly number[]): number => quantile(values, 0.5);
