/** The files that a pattern names, in the order of their paths. Patterns come from the operator, never from a query. */

import { existsSync } from "node:fs";
import { stat } from "node:fs/promises";
import { dirname, isAbsolute, join, resolve } from "node:path";
import process from "node:process";
import { escapePath, glob } from "tinyglobby";
import type { FileIdentity } from "./dataset.ts";
import { reasonOf } from "./local-file.ts";
import { mapBounded } from "./map-bounded.ts";

const parallelLooks = 16;

/** A file, and why it cannot be looked at where that is so (its size and time are then 0). */
export interface FoundFile {
  readonly file: FileIdentity;
  readonly cause?: string;
}

/**
 * A file's path names that file, a folder's all `*.parquet` below it, anything else is a glob pattern (`*`, `**`, `?`, `{a,b}`, `[0-9]`).
 * Files whose names start with a dot are found by their full name only. Empty where nothing matches.
 */
export const findFiles = (pattern: string): Promise<FoundFile[]> => createFileFinder(pattern)();

/** The same pattern, whatever folder a process works in. */
export function absolutePattern(pattern: string): string {
  const path = resolve(pattern);
  return isAbsolute(pattern) || existsSync(path) ? path : join(escapePath(process.cwd()), pattern);
}

/** Finds the files of one pattern again and again; a folder whose time of change stands still is not walked again. */
export function createFileFinder(pattern: string): () => Promise<FoundFile[]> {
  const folder = dirname(resolve(pattern));
  const inOneFolder = !/[*?{}[\]()!+@]/.test(folder);
  let walked: { readonly changed: bigint; readonly paths: readonly string[] } | undefined;

  async function pathsNow(): Promise<readonly string[]> {
    const changed = inOneFolder ? await changeOf(folder) : undefined;
    if (changed !== undefined && walked?.changed === changed) return walked.paths;
    const { paths, isGlob } = await pathsOf(pattern);
    const settled = changed !== undefined && BigInt(Date.now()) * 1_000_000n - changed > settling;
    walked = isGlob && settled ? { changed, paths } : undefined;
    return paths;
  }

  return async () => {
    const found = await mapBounded(await pathsNow(), parallelLooks, lookAt);
    return found.filter((file) => file !== undefined);
  };
}

/** Nanoseconds: times of change are coarse, so a folder that just changed may change again without showing it. */
const settling = 2_000_000_000n;

/** Undefined where it cannot be told: then the folder is walked. */
function changeOf(folder: string): Promise<bigint | undefined> {
  return stat(folder, { bigint: true }).then(
    ({ mtimeNs }) => mtimeNs,
    () => undefined,
  );
}

async function pathsOf(pattern: string): Promise<{ readonly paths: readonly string[]; readonly isGlob: boolean }> {
  const path = resolve(pattern);
  const kind = await kindOf(path);
  if (kind === "file") return { paths: [path], isGlob: false };
  const options = { absolute: true, expandDirectories: false };
  const paths = kind === "folder" ? await glob("**/*.parquet", { ...options, cwd: path }) : await glob(pattern, options);
  return { paths: [...new Set(paths.map((found) => resolve(found)))].sort(), isGlob: kind === "none" };
}

async function kindOf(path: string): Promise<"file" | "folder" | "none"> {
  try {
    return (await stat(path)).isDirectory() ? "folder" : "file";
  } catch (error) {
    if (isMissing(error)) return "none";
    return "file";
  }
}

async function lookAt(path: string): Promise<FoundFile | undefined> {
  try {
    const { size, mtimeMs } = await stat(path);
    return { file: { path, size, modified: Math.floor(mtimeMs) } };
  } catch (error) {
    if (isMissing(error)) return undefined;
    return { file: { path, size: 0, modified: 0 }, cause: reasonOf(error) };
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ENOTDIR");
}
