/**
 * Reads metrics in Prometheus' text form: the value of each time series by its name with labels, as written, such as
 * `femtoq_store_seconds_sum{operation="getResult"}`. Throws for a line of another form and for a series that is written twice.
 */
export function readSeries(text: string): ReadonlyMap<string, number> {
  const series = new Map<string, number>();
  for (const line of text.split("\n")) {
    if (line === "" || line.startsWith("#")) continue;
    const match = /^([a-zA-Z_:][\w:]*(?:\{(?:\w+="(?:[^"\\\n]|\\.)*",?)*\})?) (\S+)$/.exec(line);
    if (!match || (Number.isNaN(Number(match[2])) && !/^(NaN|Nan|[+-]Inf)$/.test(match[2]!)))
      throw new Error(`This is no line of metrics: ${line}`);
    if (series.has(match[1]!)) throw new Error(`This series is written twice: ${match[1]}`);
    series.set(match[1]!, Number(match[2]!.replace(/Inf$/, "Infinity")));
  }
  return series;
}
