/** Reads Prometheus' text format: gives each time series by its name with labels, as written. Throws for a line of another form. */
export function readSeries(text: string): ReadonlyMap<string, { readonly value: number }> {
  const series = new Map<string, { readonly value: number }>();
  for (const line of text.split("\n")) {
    if (line === "" || line.startsWith("#")) continue;
    const match = /^([a-zA-Z_:][\w:]*(?:\{(?:\w+="(?:[^"\\\n]|\\.)*",?)*\})?) (\S+)$/.exec(line);
    if (!match || (Number.isNaN(Number(match[2])) && !/^(NaN|Nan|[+-]Inf)$/.test(match[2])))
      throw new Error(`This is no line of metrics: ${line}`);
    if (series.has(match[1])) throw new Error(`This series is written twice: ${match[1]}`);
    series.set(match[1], { value: Number(match[2]) });
  }
  return series;
}
