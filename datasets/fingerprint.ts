/** What makes a stored partial valid: SHA-256, hex, of a file's identity and what of it a partition covers. */
import type { Partition } from "./dataset.ts";

export function fingerprintOf({ file, rowGroup, firstEntry, entries }: Omit<Partition, "fingerprint" | "index">): Promise<string> {
  return sha256(JSON.stringify([file.path, file.size, file.modified, rowGroup, firstEntry, entries]));
}

/** Of the text's UTF-8, hex. */
export async function sha256(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
