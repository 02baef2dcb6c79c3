/** Spans of time as people write them. */
const units: Readonly<Record<string, number>> = { ms: 1, s: 1_000, min: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };

/** Milliseconds of `14d`, `12h`, `90min`, `30 s`, `150ms` or `2w`; undefined for anything else. */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*([a-z]+)$/i.exec(text.trim());
  const name = match?.[2]?.toLowerCase() ?? "";
  if (!match || !Object.hasOwn(units, name)) return undefined;
  const milliseconds = Math.floor(Number(match[1]) * units[name]!);
  return Number.isSafeInteger(milliseconds) ? milliseconds : undefined;
}
