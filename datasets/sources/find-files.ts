/** The files that a pattern names, in the order of their paths. Patterns come from the operator, never from a query. */

import { existsSync, type Stats, statSync } from "node:fs";
import { stat } from "node:fs/promises";
import { dirname, isAbsolute, join, resolve } from "node:path";
import process from "node:process";
import { escapePath, glob } from "tinyglobby";
import type { FileIdentity } from "../dataset.ts";
import { mapBounded } from "../map-bounded.ts";
import { reasonOf } from "./local-file.ts";

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
  const quick = new QuickLooks();
  let walked: { readonly changed: bigint; readonly paths: readonly string[] } | undefined;

  async function pathsNow(): Promise<readonly string[]> {
    const changed = inOneFolder ? await changeOf(folder, quick.allows(1)) : undefined;
    if (changed !== undefined && walked?.changed === changed) return walked.paths;
    const { paths, isGlob } = await pathsOf(pattern);
    const settled = changed !== undefined && BigInt(Date.now()) * 1_000_000n - changed > settling;
    walked = isGlob && settled ? { changed, paths } : undefined;
    return paths;
  }

  return async () => {
    const paths = await pathsNow();
    const found = quick.allows(paths.length) ? quick.look(paths) : await mapBounded(paths, parallelLooks, lookAt);
    return found.filter((file) => file !== undefined);
  };
}

/**
 * Looks that hold the thread: a local file system answers in microseconds, where asking it in the background costs ten times as much. Not for many
 * files, and for a while not after some looks in a row that took long (a network's file system).
 */
class QuickLooks {
  #notBefore = 0;
  #slowInARow = 0;

  allows(files: number): boolean {
    return files <= mostQuick && performance.now() >= this.#notBefore;
  }

  look(paths: readonly string[]): (FoundFile | undefined)[] {
    const begun = performance.now();
    const found = paths.map((path) => describe(path, () => statSync(path)));
    const ended = performance.now();
    this.#slowInARow = ended - begun > longestQuick ? this.#slowInARow + 1 : 0;
    if (this.#slowInARow >= mostSlow) this.#notBefore = ended + restAfterSlow;
    return found;
  }
}

const mostQuick = 100;
const mostSlow = 3;
/** Milliseconds. */
const longestQuick = 5;
const restAfterSlow = 60_000;

/** Nanoseconds: times of change are coarse, so a folder that just changed may change again without showing it. */
const settling = 2_000_000_000n;

/** Undefined where it cannot be told: then the folder is walked. */
async function changeOf(folder: string, isQuick: boolean): Promise<bigint | undefined> {
  if (isQuick) return statSync(folder, { bigint: true, throwIfNoEntry: false })?.mtimeNs;
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
  const outcome = await stat(path).catch((error: unknown) => ({ error }));
  return describe(path, () => {
    if ("error" in outcome) throw outcome.error;
    return outcome;
  });
}

/** Undefined where there is no such file. */
function describe(path: string, look: () => Pick<Stats, "size" | "mtimeMs">): FoundFile | undefined {
  try {
    const { size, mtimeMs } = look();
    return { file: { path, size, modified: Math.floor(mtimeMs) } };
  } catch (error) {
    if (isMissing(error)) return undefined;
    return { file: { path, size: 0, modified: 0 }, cause: reasonOf(error) };
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ENOTDIR");
}
