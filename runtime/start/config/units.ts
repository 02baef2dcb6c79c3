/** Reads and writes sizes and times as people write them. */

const sizeUnits: Readonly<Record<string, number>> = {
  "": 1,
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  tb: 1e12,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
  tib: 2 ** 40,
};

/** Returns the bytes of `2GiB`, `500 MB`, `1.5gib` or `1000000`; undefined for anything else. */
export function parseSize(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(text.trim());
  const unit = sizeUnits[match?.[2]?.toLowerCase() ?? "none"];
  if (!match || unit === undefined) return undefined;
  const bytes = Math.floor(Number(match[1]) * unit);
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}

/** Writes a size in the largest binary unit of which it is at least 1, rounded down to a tenth. */
export function formatSize(bytes: number): string {
  for (const [name, unit] of [
    ["GiB", sizeUnits.gib!],
    ["MiB", sizeUnits.mib!],
    ["KiB", sizeUnits.kib!],
  ] as const) {
    if (bytes >= unit) return `${Math.floor((bytes / unit) * 10) / 10}${name}`;
  }
  return `${bytes} bytes`;
}

const timeUnits: Readonly<Record<string, number>> = { ms: 1, s: 1_000, min: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };

/** Returns the milliseconds of `14d`, `12h`, `90min`, `30 s`, `150ms` or `2w`; undefined for anything else. */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*([a-z]+)$/i.exec(text.trim());
  const name = match?.[2]?.toLowerCase() ?? "";
  if (!match || !Object.hasOwn(timeUnits, name)) return undefined;
  const milliseconds = Math.floor(Number(match[1]) * timeUnits[name]!);
  return Number.isSafeInteger(milliseconds) ? milliseconds : undefined;
}
