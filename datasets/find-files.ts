/** The files that a pattern names, in the order of their paths. Patterns come from the operator, never from a query. */
import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { glob } from "tinyglobby";
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
export async function findFiles(pattern: string): Promise<FoundFile[]> {
  const found = await mapBounded(await pathsOf(pattern), parallelLooks, lookAt);
  return found.filter((file) => file !== undefined);
}

async function pathsOf(pattern: string): Promise<string[]> {
  const path = resolve(pattern);
  const kind = await kindOf(path);
  if (kind === "file") return [path];
  const options = { absolute: true, expandDirectories: false };
  const paths = kind === "folder" ? await glob("**/*.parquet", { ...options, cwd: path }) : await glob(pattern, options);
  return [...new Set(paths.map((found) => resolve(found)))].sort();
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
