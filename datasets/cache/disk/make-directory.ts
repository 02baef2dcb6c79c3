/**
 * A directory and those around it, where they are not there; only their owner can read them. Throws as the system does.
 *
 * Node's own recursive way goes round for ever where a directory refuses new ones as if itself were not there (ENOENT), as /proc does.
 */
import { existsSync, mkdirSync } from "node:fs";
import { dirname } from "node:path";

export function makeDirectory(path: string): void {
  if (existsSync(path)) return;
  const around = dirname(path);
  if (around !== path) makeDirectory(around);
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    // Another thread may have made it.
    if (!existsSync(path)) throw error;
  }
}
