/**
 * The files of this machine that a pattern names.
 *
 * A file's path names that file, a folder's all files below it with the endings of a known format, anything else is a glob pattern (`*`, `**`, `?`,
 * `{a,b}`, `[0-9]`). Files whose names start with a dot are found by their full name only.
 */

import { type Stats, statSync } from "node:fs";
import { realpath, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { LRUCache } from "lru-cache";
import pMap from "p-map";
import { glob } from "tinyglobby";
import type { FoundFile, ListOptions } from "../source.ts";
import { identityOf, reasonOf } from "./open-file.ts";

const parallelLooks = 16;

/** A file as it was found. Names with equal numbers are most likely names of one file. */
interface NumberedFile extends FoundFile {
  readonly number?: string;
}

const mostPatterns = 1_000;
const listers = new LRUCache<string, FileLister>({ max: mostPatterns });

export async function listFiles(pattern: string, { endings, signal }: ListOptions): Promise<readonly FoundFile[]> {
  const key = JSON.stringify([pattern, endings]);
  const lister = listers.get(key) ?? new FileLister(pattern, endings);
  listers.set(key, lister);
  return await lister.list(signal);
}

/** Lists the files of one pattern again and again; a folder whose time of change stands still is not walked again. */
class FileLister {
  readonly #pattern: string;
  readonly #endings: readonly string[];
  readonly #folder: string;
  readonly #isInOneFolder: boolean;
  readonly #quick = new QuickLooks();
  #walked: { readonly changed: bigint; readonly paths: readonly string[] } | undefined;

  constructor(pattern: string, endings: readonly string[]) {
    this.#pattern = pattern;
    this.#endings = endings;
    this.#folder = dirname(resolve(pattern));
    this.#isInOneFolder = !/[*?{}[\]()!+@]/.test(this.#folder);
  }

  async list(signal: AbortSignal | undefined): Promise<readonly FoundFile[]> {
    const paths = await this.#pathsNow();
    const options = { concurrency: parallelLooks, ...(signal && { signal }) };
    const found = this.#quick.allows(paths.length) ? this.#quick.look(paths) : await pMap(paths, look, options);
    return await once(found.filter((file) => file !== undefined));
  }

  async #pathsNow(): Promise<readonly string[]> {
    const changed = this.#isInOneFolder ? await changeOf(this.#folder, this.#quick.allows(1)) : undefined;
    if (changed !== undefined && this.#walked?.changed === changed) return this.#walked.paths;
    const { paths, isGlob } = await pathsOf(this.#pattern, this.#endings);
    const isSettled = changed !== undefined && BigInt(Date.now()) * 1_000_000n - changed > settling;
    this.#walked = isGlob && isSettled ? { changed, paths } : undefined;
    return paths;
  }
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

  look(paths: readonly string[]): (NumberedFile | undefined)[] {
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

async function pathsOf(
  pattern: string,
  endings: readonly string[],
): Promise<{ readonly paths: readonly string[]; readonly isGlob: boolean }> {
  const path = resolve(pattern);
  const kind = await kindOf(path);
  if (kind === "file") return { paths: [path], isGlob: false };
  const options = { absolute: true, expandDirectories: false };
  const below = endings.map((ending) => `**/*${ending}`);
  const paths = kind === "folder" ? await glob(below, { ...options, cwd: path }) : await glob(pattern, options);
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

async function look(path: string): Promise<NumberedFile | undefined> {
  const outcome = await stat(path).catch((error: unknown) => ({ error }));
  return describe(path, () => {
    if ("error" in outcome) throw outcome.error;
    return outcome;
  });
}

/** Undefined where there is no such file. */
function describe(path: string, look: () => Stats): NumberedFile | undefined {
  try {
    const stats = look();
    return { file: identityOf(path, stats), number: `${stats.dev} ${stats.ino}` };
  } catch (error) {
    if (isMissing(error)) return undefined;
    return { file: { path, size: 0, version: "" }, cause: reasonOf(error) };
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ENOTDIR");
}

/** Each file once: of several names that links give it, its real path if that is among them, else the first. Files keep their order. */
async function once(found: readonly NumberedFile[]): Promise<readonly FoundFile[]> {
  const byNumber = new Map<string, string[]>();
  for (const { file, number } of found) {
    const paths = number === undefined ? undefined : byNumber.get(number);
    if (paths) paths.push(file.path);
    else if (number !== undefined) byNumber.set(number, [file.path]);
  }
  const others = new Set<string>();
  for (const paths of byNumber.values()) {
    if (paths.length === 1) continue;
    // Numbers alone do not say it: hard links have equal ones, and some file systems number badly.
    const real = new Map(await Promise.all(paths.map(async (path) => [path, await realpath(path).catch(() => path)] as const)));
    for (const path of paths) {
      const [first] = paths.filter((other) => real.get(other) === real.get(path));
      if (path !== (paths.includes(real.get(path)!) ? real.get(path) : first)) others.add(path);
    }
  }
  return found.filter(({ file }) => !others.has(file.path)).map(({ number, ...file }) => file);
}
