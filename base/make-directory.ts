/**
 * A directory and those around it, where they are not there. Throws as the system does.
 *
 * Node's own recursive way (in 20 and 24) goes round for ever where a directory refuses new ones as if itself were not there (ENOENT), as /proc does.
 */
import { mkdirSync, type Stats, statSync } from "node:fs";
import { mkdir, stat } from "node:fs/promises";
import { dirname } from "node:path";

export interface DirectoryOptions {
  /** Permissions of the directories that this makes. Where it is absent, the process's mask alone decides them. */
  readonly mode?: number;
}

export async function makeDirectory(path: string, options: DirectoryOptions = {}): Promise<void> {
  const isThere = () => stat(path).then(isDirectory, () => false);
  if (await isThere()) return;
  const around = dirname(path);
  if (around !== path) await makeDirectory(around, options);
  try {
    await mkdir(path, options);
  } catch (error) {
    // Another process may have made it.
    if (!(await isThere())) throw error;
  }
}

/** For threads that do nothing else meanwhile. */
export function makeDirectorySync(path: string, options: DirectoryOptions = {}): void {
  const isThere = () => isDirectory(statSync(path, { throwIfNoEntry: false }));
  if (isThere()) return;
  const around = dirname(path);
  if (around !== path) makeDirectorySync(around, options);
  try {
    mkdirSync(path, options);
  } catch (error) {
    // Another thread may have made it.
    if (!isThere()) throw error;
  }
}

const isDirectory = (stats: Stats | undefined): boolean => stats?.isDirectory() ?? false;
