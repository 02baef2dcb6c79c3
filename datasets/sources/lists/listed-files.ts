/**
 * Files that a text file names: `@LIST.txt`. Each line is a path, URL or pattern; `#` begins a comment line; relative paths start at the list's folder.
 * The list is checked for changes like any file. A line that matches no file counts as a file that cannot be read, so that nothing is left out silently.
 */
import { realpath } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { LRUCache } from "lru-cache";
import pMap from "p-map";
import { baseName, DatasetError, type FileIdentity, type OtherName } from "../../dataset.ts";
import { isTokenForAll } from "../http/token-file.ts";
import { showPath } from "../shown-path.ts";
import type { FoundFile, Listing, ListOptions, Source } from "../source.ts";

const largestList = 16 * 2 ** 20;
const atATime = 16;

type SourceOf = (path: string) => Source;

const known = new LRUCache<string, { readonly file: FileIdentity; readonly lines: readonly string[] }>({ max: 100 });

export const isList = (pattern: string): boolean => pattern.startsWith("@");

export const createListedFiles = (sourceOf: SourceOf): Source => ({
  async list(pattern, options) {
    const lines = await readLines(pattern.slice(1), sourceOf, options);
    const listings = await pMap(lines, (line) => listLine(line, sourceOf, options), { concurrency: atATime });
    return await once(listings);
  },
  open: () => Promise.reject(new DatasetError("Cannot read a list of files as data", { permanent: true })),
});

async function readLines(path: string, sourceOf: SourceOf, options: ListOptions): Promise<readonly string[]> {
  const name = baseName(path);
  const refusal = (reason: string, permanent: boolean) => new DatasetError(`Cannot read the list ${name}: ${reason}`, { permanent });
  const source = sourceOf(path);
  const { files } = await source.list(path, { ...options, endings: [] });
  const [found] = files;
  if (!found || files.length > 1) throw refusal("no such file", false);
  const { file, cause } = found;
  if (cause !== undefined) throw refusal(cause, false);
  const before = known.get(path);
  if (before?.file.size === file.size && before.file.version === file.version) return before.lines;
  if (file.size > largestList) throw refusal(`it has more than ${largestList / 2 ** 20} MiB`, true);
  const text = await source.open(file, async (reader) => new TextDecoder().decode(await reader.slice(0)), options);
  const lines = text.split(/\r?\n/).map((line) => line.trim());
  const paths = lines.filter((line) => line !== "" && !line.startsWith("#")).map((line) => absolute(line, path));
  const listed = paths.find(isList);
  if (listed !== undefined) throw refusal("a list names files, not lists", true);
  for (const line of paths) {
    const reason = hasScheme(path) ? refuseFromAfar(line, path) : undefined;
    if (reason !== undefined) throw refusal(`it names ${showPath(line)}, ${reason}`, true);
  }
  known.set(path, { file, lines: [...new Set(paths)] });
  return known.get(path)!.lines;
}

const hasScheme = (path: string): boolean => /^[a-z][a-z0-9+.-]*:\/\//i.test(path);

/**
 * Why a list at a URL may not name a file elsewhere, if so: its author would choose who is sent this server's credentials. A list by plain http could be
 * changed by anybody on the way.
 */
function refuseFromAfar(line: string, list: string): string | undefined {
  if (!URL.canParse(line)) return undefined;
  const [asked, own] = [new URL(line), new URL(list)];
  if (asked.origin === own.origin && asked.protocol === own.protocol) return undefined;
  const isNamed = asked.username !== "" || asked.password !== "";
  if (own.protocol === "http:" && (isNamed || asked.protocol === "s3:"))
    return "at another place with credentials: a list by plain http may not do that";
  if (!asked.protocol.startsWith("http") || !isTokenForAll()) return undefined;
  return "at another host, to which the token of --token-file would be sent: say for which hosts it is, --token-file HOST=PATH";
}

function absolute(line: string, list: string): string {
  if (hasScheme(line) || isList(line)) return line;
  if (!hasScheme(list)) return resolve(dirname(list), line);
  // Not by `new URL`: the line may be a pattern, which must stay as it is written.
  const folder = list.replace(/[?#].*$/s, "").replace(/[^/]*$/, "");
  return line.startsWith("/") ? `${/^[a-z]+:\/\/[^/]*/i.exec(list)![0]}${line}` : folder + line;
}

async function listLine(line: string, sourceOf: SourceOf, options: ListOptions): Promise<Listing> {
  const nothing = (cause: string): Listing => ({ files: [{ file: { path: line, size: 0, version: "" }, cause }], leftOut: [] });
  try {
    const listing = await sourceOf(line).list(line, options);
    return listing.files.length > 0 ? listing : nothing("the list names it, and there is no such file");
  } catch (error) {
    if (!(error instanceof DatasetError)) throw error;
    return nothing(error.message);
  }
}

/** Each file once, even if several lines lead to it by links. */
async function once(listings: readonly Listing[]): Promise<Listing> {
  const files = new Map<string, FoundFile>();
  for (const listing of listings) for (const each of listing.files) files.set(each.file.path, each);
  const leftOut = new Map<string, OtherName>(listings.flatMap((each) => each.leftOut).map((each) => [each.path, each]));
  const sorted = [...files.values()].sort((a, b) => (a.file.path < b.file.path ? -1 : 1));
  const byPlace = new Map<string, string>();
  const kept: FoundFile[] = [];
  const places = await pMap(sorted, realPlaceOf, { concurrency: atATime });
  for (const [index, each] of sorted.entries()) {
    const place = places[index];
    const first = place === undefined ? undefined : byPlace.get(place);
    if (first !== undefined) leftOut.set(each.file.path, { path: each.file.path, kept: first });
    else kept.push(each);
    if (place !== undefined && first === undefined) byPlace.set(place, each.file.path);
  }
  return { files: kept, leftOut: [...leftOut.values()].filter(({ path }) => kept.every(({ file }) => file.path !== path)) };
}

/** The real path of a file of this machine, behind any links. */
async function realPlaceOf({ file: { path }, cause }: FoundFile): Promise<string | undefined> {
  if (cause !== undefined || hasScheme(path)) return undefined;
  return await realpath(path).catch(() => undefined);
}
