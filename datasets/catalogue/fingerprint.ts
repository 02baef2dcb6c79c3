/** What makes a stored partial valid: SHA-256, hex, of a file's identity and what of it a partition covers. */
import { sha256 } from "../../engine/sha256.ts";
import type { Partition } from "../dataset.ts";

export function fingerprintOf({ file, rowGroup, firstEntry, entries }: Omit<Partition, "fingerprint" | "index">): Promise<string> {
  return sha256(JSON.stringify([file.path, file.size, file.modified, rowGroup, firstEntry, entries]));
}
