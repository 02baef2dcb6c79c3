/**
 * The files of this machine that a pattern names.
 *
 * The path of a file names that file; the path of a folder names all files below it with the endings of known formats. Anything else is a glob pattern
 * (`*`, `**`, `?`, `{a,b}`, `[0-9]`; a backslash before one of these makes it an ordinary character). It applies below the deepest of its folders
 * that exists under this very name. Files whose names start with a dot are only found by their full name.
 */

import { lstatSync, type Stats, statSync } from "node:fs";
import { realpath, stat, statfs } from "node:fs/promises";
import { dirname, relative, resolve, sep } from "node:path";
import { LRUCache } from "lru-cache";
import pMap from "p-map";
import { glob } from "tinyglobby";
import { TurnTaker, turn } from "../../../base/turn.ts";
import type { OtherName } from "../../dataset.ts";
import type { FoundFile, Listing, ListOptions } from "../source.ts";
import { identityOf, irregularity, reasonOf } from "./open-file.ts";

const parallelLooks = 16;

/** What tells whether a file is the same as before. Nothing else of its `stat` is kept, since listings have thousands of files. */
type SeenStats = Pick<Stats, "size" | "mtimeMs" | "mode" | "ino" | "dev">;

/** A found file, with what the system says of it. */
interface SeenFile extends FoundFile {
  readonly stats?: SeenStats;
}

interface NearFile extends SeenFile {
  readonly stats: SeenStats;
  readonly isNear: true;
}

const mostPatterns = 1_000;
const listers = new LRUCache<string, FileLister>({ max: mostPatterns });

export async function listFiles(pattern: string, { endings, signal }: ListOptions): Promise<Listing> {
  const key = JSON.stringify([pattern, endings]);
  const lister = listers.get(key) ?? new FileLister(pattern, endings);
  listers.set(key, lister);
  return await lister.list(signal);
}

/** In nanoseconds. Times of change are coarse: a folder that changed less than this ago may change again without showing it. */
const settling = 2_000_000_000n;

/**
 * Lists the files of one pattern again and again. A folder is only walked again if its time of change differs. Files on local disks are looked at while
 * the thread waits: this takes microseconds, a tenth of an asynchronous call.
 */
class FileLister {
  readonly #pattern: string;
  readonly #endings: readonly string[];
  readonly #folder: string;
  #walked: { readonly changed: bigint; readonly paths: readonly string[] } | undefined;
  /** The latest listing, and those of its files that are on local disks, by their paths. */
  #last: { readonly paths: readonly string[]; readonly near: ReadonlyMap<string, NearFile>; readonly listing: Listing } | undefined;
  #isFolderNear = false;

  constructor(pattern: string, endings: readonly string[]) {
    this.#pattern = resolve(pattern);
    this.#endings = endings;
    this.#folder = dirname(this.#pattern);
  }

  async list(signal: AbortSignal | undefined): Promise<Listing> {
    const paths = await this.#pathsNow();
    const last = this.#last;
    const isKnown = last !== undefined && (paths === last.paths || paths.join("\n") === last.paths.join("\n"));
    const known = await unchangedOf(paths, last?.near ?? new Map(), signal);
    if (isKnown && known.size === paths.length) return last.listing;
    const unknown = paths.filter((path) => !known.has(path));
    if (!last) this.#isFolderNear = await isNear(this.#folder);
    const turns = new TurnTaker();
    const lookAt = async (path: string) => {
      await turns.take();
      return (this.#isFolderNear && dirname(path) === this.#folder && lookNow(path)) || (await look(path));
    };
    const looked = await pMap(unknown, lookAt, { concurrency: parallelLooks, ...(signal && { signal }) });
    const nearDevices = await findNearDevices(looked);
    const found = new Map<string, SeenFile>(known);
    for (const file of looked) {
      if (file) found.set(file.file.path, file.stats && nearDevices.has(file.stats.dev) ? { ...file, isNear: true } : file);
    }
    await turn();
    const listing = await once(paths.flatMap((path) => found.get(path) ?? []));
    await turn();
    this.#last = { paths, near: new Map([...found].filter((each): each is [string, NearFile] => each[1].isNear === true)), listing };
    return listing;
  }

  async #pathsNow(): Promise<readonly string[]> {
    // If the folder exists under this very name, the pattern's last part matches names in it.
    const changed = this.#pattern.endsWith("**") ? undefined : await this.#folderChange();
    if (changed !== undefined && this.#walked?.changed === changed) return this.#walked.paths;
    const { paths, isGlob } = await findPaths(this.#pattern, this.#endings);
    const isSettled = changed !== undefined && BigInt(Date.now()) * 1_000_000n - changed > settling;
    this.#walked = isGlob && isSettled ? { changed, paths } : undefined;
    return paths;
  }

  /** The folder's time of change; undefined if it cannot be told, and the folder must then be walked. */
  async #folderChange(): Promise<bigint | undefined> {
    const options = { bigint: true } as const;
    if (this.#isFolderNear) return statSync(this.#folder, { ...options, throwIfNoEntry: false })?.mtimeNs;
    return (await stat(this.#folder, options).catch(() => undefined))?.mtimeNs;
  }
}

/** Linux's type numbers of file systems without a network: ext, XFS, Btrfs, ZFS, F2FS, tmpfs, overlay. */
const localFileSystems = new Set([0xef53, 0x58465342, 0x9123683e, 0x2fc12fc1, 0xf2f52010, 0x01021994, 0x794c7630]);

async function isNear(path: string): Promise<boolean> {
  const type = await statfs(path).then(
    (found) => found.type,
    () => undefined,
  );
  return type !== undefined && localFileSystems.has(type);
}

/** The devices of these files that are local disks. One file of a device is asked for all of them. */
async function findNearDevices(files: readonly (SeenFile | undefined)[]): Promise<ReadonlySet<number>> {
  const paths = new Map(files.flatMap((seen) => (seen?.stats ? [[seen.stats.dev, seen.file.path] as const] : [])));
  const near = await Promise.all([...paths].map(async ([device, path]) => ((await isNear(path)) ? [device] : [])));
  return new Set(near.flat());
}

/** The files whose `stat` is the same as before. */
async function unchangedOf(
  paths: readonly string[],
  before: ReadonlyMap<string, NearFile>,
  signal: AbortSignal | undefined,
): Promise<ReadonlyMap<string, NearFile>> {
  const unchanged = new Map<string, NearFile>();
  const turns = new TurnTaker();
  for (const path of paths) {
    const file = before.get(path);
    if (file && isUnchanged(path, file.stats)) unchanged.set(path, file);
    await turns.take();
    signal?.throwIfAborted();
  }
  return unchanged;
}

async function findPaths(
  path: string,
  endings: readonly string[],
): Promise<{ readonly paths: readonly string[]; readonly isGlob: boolean }> {
  const kind = await kindOf(path);
  if (kind === "file") return { paths: [path], isGlob: false };
  let folder = kind === "folder" ? path : dirname(path);
  while ((await kindOf(folder)) === "none") folder = dirname(folder);
  const patterns = kind === "folder" ? endings.map((ending) => `**/*${ending}`) : [escapeOthers(relative(folder, path))];
  const paths = new Set(await walk(folder, patterns));
  await turn();
  return { paths: [...paths].sort(), isGlob: kind === "none" };
}

/** The library cannot start in a folder with a backslash in its path. It then starts above it, with patterns that match the names in between. */
async function walk(folder: string, patterns: readonly string[]): Promise<readonly string[]> {
  let start = folder;
  while (sep === "/" && start.includes("\\")) start = dirname(start);
  const between = relative(start, folder).replace(/[^\w./-]/g, "?");
  const below = patterns.map((pattern) => (between === "" ? pattern : `${between}/${pattern}`));
  const found = await glob(below, { absolute: true, expandDirectories: false, extglob: false, cwd: start });
  await turn();
  const paths = found.map((path) => resolve(path));
  return between === "" ? paths : paths.filter((path) => path.startsWith(`${folder}/`));
}

/** Escapes characters, such as parentheses in names, that have a meaning for the library but not in our patterns. */
function escapeOthers(pattern: string): string {
  const slashed = sep === "/" ? pattern : pattern.replaceAll(sep, "/");
  return slashed.replace(/\\.|\[[^\]/]+\]|([()!+@|"^$])/g, (whole, other) => (other === undefined ? whole : `\\${other}`));
}

async function kindOf(path: string): Promise<"file" | "folder" | "none"> {
  try {
    return (await stat(path)).isDirectory() ? "folder" : "file";
  } catch (error) {
    if (isMissing(error)) return "none";
    return "file";
  }
}

const seenStats = ({ size, mtimeMs, mode, ino, dev }: Stats): SeenStats => ({ size, mtimeMs, mode, ino, dev });

function isUnchanged(path: string, before: SeenStats): boolean {
  try {
    const now = statSync(path);
    return (
      now.size === before.size &&
      now.mtimeMs === before.mtimeMs &&
      now.mode === before.mode &&
      now.ino === before.ino &&
      now.dev === before.dev
    );
  } catch {
    return false;
  }
}

/**
 * Looks, while the thread waits, at what is in a folder on a local disk. Undefined if that is no regular file: a symbolic link may lead to a
 * network drive.
 */
function lookNow(path: string): SeenFile | undefined {
  try {
    const stats = lstatSync(path, { throwIfNoEntry: false });
    return stats?.isFile() ? { file: identityOf(path, stats), stats: seenStats(stats) } : undefined;
  } catch {
    return undefined;
  }
}

/** Looks at a file; undefined if there is none. */
async function look(path: string): Promise<SeenFile | undefined> {
  try {
    const stats = await stat(path);
    const cause = irregularity(stats);
    return { file: identityOf(path, stats), stats: seenStats(stats), ...(cause !== undefined && { cause }) };
  } catch (error) {
    if (isMissing(error)) return undefined;
    return { file: { path, size: 0, version: "" }, cause: reasonOf(error) };
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ENOTDIR");
}

/** Each file once. Of several names of one file, its real path is kept if it is among them, else the first name. Files keep their order. */
async function once(found: readonly SeenFile[]): Promise<Listing> {
  const byNumber = new Map<string, string[]>();
  for (const { file, stats } of found) {
    if (!stats) continue;
    const number = `${stats.dev} ${stats.ino}`;
    const paths = byNumber.get(number);
    if (paths) paths.push(file.path);
    else byNumber.set(number, [file.path]);
  }
  const leftOut = new Map<string, OtherName>();
  for (const paths of byNumber.values()) {
    if (paths.length === 1) continue;
    // Equal numbers do not prove it: hard links share one, and some file systems reuse numbers.
    const real = new Map(await Promise.all(paths.map(async (path) => [path, await realpath(path).catch(() => path)] as const)));
    for (const path of paths) {
      const kept = paths.includes(real.get(path)!) ? real.get(path)! : paths.find((other) => real.get(other) === real.get(path))!;
      if (path !== kept) leftOut.set(path, { path, kept });
    }
  }
  const files = found.filter(({ file }) => !leftOut.has(file.path)).map(({ stats, ...file }) => file);
  return { files, leftOut: [...leftOut.values()] };
}
