/** Reads the metrics of a process, which are at `/metrics` in Prometheus' text form. */

/** The value of each time series, by its name with labels, such as `femtoq_store_seconds_sum{operation="getResult"}`. */
export type Metrics = ReadonlyMap<string, number>;

export interface Measured {
  readonly name: string;
  readonly url: string;
}

/** Milliseconds. It is long, since a busy process answers late and its metrics are wanted all the same. */
const patience = 30_000;

/** Rejects where the process does not answer in time. */
export async function readMetrics({ name, url }: Measured): Promise<Metrics> {
  const answer = await fetch(`${url}/metrics`, { signal: AbortSignal.timeout(patience) });
  if (!answer.ok) throw new Error(`Cannot read the metrics of ${name}: ${url}/metrics answers ${answer.status}`);
  return parseMetrics(await answer.text());
}

export function parseMetrics(text: string): Metrics {
  const values = new Map<string, number>();
  for (const line of text.split("\n")) {
    const found = /^([a-zA-Z_:][\w:]*(?:\{.*\})?) (\S+)/.exec(line);
    if (found) values.set(found[1]!, Number(found[2]));
  }
  return values;
}

/** The sum over all labels of a metric. */
export function sumOf(metrics: Metrics, name: string): number {
  let sum = 0;
  for (const [key, value] of metrics) if (key === name || key.startsWith(`${name}{`)) sum += value;
  return sum;
}
