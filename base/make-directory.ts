/**
 * Makes a directory and those around it, if they are missing. Throws the system's errors.
 *
 * Node's own `recursive` option (in 20 and 24) loops for ever in a directory that refuses new ones with ENOENT, such as /proc.
 */
import { mkdirSync, type Stats, statSync } from "node:fs";
import { mkdir, stat } from "node:fs/promises";
import { dirname } from "node:path";

export interface DirectoryOptions {
  /** The permissions of new directories; if absent, only the process's mask limits them. */
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

/** The same, blocking the thread. */
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
