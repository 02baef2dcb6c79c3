/** Reads the metrics of a process, which are at `/metrics`. */
import { readSeries } from "../../../test/support/read-series.ts";

export type Metrics = ReturnType<typeof readSeries>;

export interface Measured {
  readonly name: string;
  readonly url: string;
}

/** In milliseconds. It is long, since a busy process answers late but its metrics are still wanted. */
const patience = 30_000;

/** Rejects if the process does not answer in time. */
export async function readMetrics({ name, url }: Measured): Promise<Metrics> {
  const answer = await fetch(`${url}/metrics`, { signal: AbortSignal.timeout(patience) });
  if (!answer.ok) throw new Error(`Cannot read the metrics of ${name}: ${url}/metrics answers ${answer.status}`);
  return readSeries(await answer.text());
}

/** The sum over all labels of a metric. */
export function sumOf(metrics: Metrics, name: string): number {
  let sum = 0;
  for (const [key, value] of metrics) if (key === name || key.startsWith(`${name}{`)) sum += value;
  return sum;
}
