/** Numbers of bytes as people write them. */
const units: Readonly<Record<string, number>> = {
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

/** Bytes of `2GiB`, `500 MB`, `1.5gib` or `1000000`; undefined for anything else. */
export function parseSize(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(text.trim());
  const unit = units[match?.[2]?.toLowerCase() ?? "none"];
  if (!match || unit === undefined) return undefined;
  const bytes = Math.floor(Number(match[1]) * unit);
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}

/** In the largest binary unit that leaves at least 1, rounded down to a tenth. */
export function formatSize(bytes: number): string {
  for (const [name, unit] of [
    ["GiB", units.gib!],
    ["MiB", units.mib!],
    ["KiB", units.kib!],
  ] as const) {
    if (bytes >= unit) return `${Math.floor((bytes / unit) * 10) / 10}${name}`;
  }
  return `${bytes} bytes`;
}
