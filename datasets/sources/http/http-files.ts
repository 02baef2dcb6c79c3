/**
 * Files at https:// and http:// URLs, read in parts. A URL with wildcards in its path, or with a slash at its end, names files in folders; this needs a
 * site that lists folders (WebDAV).
 *
 * Answers about files and folders are cached for some seconds, because each look is a request. Each read checks that the file is still the same version.
 */
import pMap from "p-map";
import { DatasetError, type FileIdentity } from "../../dataset.ts";
import { hasWildcards, matcherOf } from "../match-pattern.ts";
import { RecentListings } from "../recent-listings.ts";
import type { FoundFile, ListOptions, SignalOptions, Source } from "../source.ts";
import { type ListedEntry, listFolder, unlisted } from "./list-folder.ts";
import { openRemote } from "./open-remote.ts";
import { identifyRemote, nameOfUrl, type RemotePlace } from "./remote-file.ts";
import { mostConnections, PassingFailure } from "./send-request.ts";
import { authorizeBy } from "./token-file.ts";

const mostKnown = 100_000;
const mostFiles = 100_000;
const mostFolders = 2_000;

const recent = new RecentListings(mostKnown);

export const httpFiles: Source = {
  async list(pattern, options) {
    const isMany = pathOf(pattern).endsWith("/") || hasWildcards(pathOf(pattern));
    const files = isMany ? await recent.get(pattern, () => listMatching(pattern, options)) : await look(pattern, options);
    return { files, leftOut: [] };
  },
  async open(file, use, options) {
    try {
      return await use(openRemote(file, placeOf(file.path)));
    } catch (error) {
      options?.signal?.throwIfAborted();
      // The file may have changed, so cached answers may be out of date.
      if (error instanceof DatasetError && !error.permanent && !(error instanceof PassingFailure)) recent.clear();
      throw error;
    }
  },
};

function urlOf(path: string): URL {
  if (URL.canParse(path)) return new URL(path);
  throw new DatasetError(`Cannot read a URL that is none; what is required is like https://HOST/FOLDER/FILE`, { permanent: true });
}

/** The path of a URL as it is written, not escaped: a pattern may have characters that a URL may not. */
const pathOf = (url: string): string => url.replace(/^[a-z]+:\/\/[^/?#]*/i, "").replace(/[?#].*$/s, "");

function placeOf(path: string): RemotePlace {
  const url = urlOf(path);
  return { url, authorize: authorizeBy(url), name: nameOfUrl(url) };
}

/** The file at a URL; empty if there is none, with a cause if the server does not tell. */
const look = (path: string, { signal }: SignalOptions): Promise<readonly FoundFile[]> =>
  recent.get(path, async () => {
    try {
      const file = await identifyRemote(path, placeOf(path), { signal });
      return file ? [{ file }] : [];
    } catch (error) {
      if (!(error instanceof DatasetError)) throw error;
      return [{ file: { path, size: 0, version: "" }, cause: error.message.replace(/^Cannot read .*?: /s, "") }];
    }
  });

async function listMatching(pattern: string, { endings, signal }: ListOptions): Promise<readonly FoundFile[]> {
  const url = urlOf(pattern);
  const written = pathOf(pattern);
  const isFolder = written.endsWith("/");
  const steps = `${written}${isFolder ? "**" : ""}`.split("/").slice(1);
  const matcher = matcherOf(steps.join("/"));
  const isWanted = (path: string) => matcher.test(path) && (!isFolder || endings.some((ending) => path.endsWith(ending)));
  const first = steps.findIndex(hasWildcards);
  const deep = steps.indexOf("**");
  /** Whether wanted files may lie below this folder, whose path has `depth` parts. */
  const mayHave = (path: string, depth: number) =>
    depth < steps.length || deep >= 0
      ? matcherOf(steps.slice(0, deep >= 0 && depth > deep ? deep + 1 : depth).join("/")).test(path)
      : false;
  const place = (path: string): RemotePlace => {
    const at = new URL(url);
    at.pathname = path;
    return { url: at, authorize: authorizeBy(url), name: nameOfUrl(at) };
  };

  const files: ListedEntry[] = [];
  let folders = [
    `/${steps
      .slice(0, first)
      .map((step) => `${step}/`)
      .join("")}`,
  ];
  let walked = 0;
  for (let depth = first; folders.length > 0; depth++) {
    walked += folders.length;
    if (walked > mostFolders) throw unlisted(place(folders[0]!), `there are more than ${mostFolders} folders to look into`);
    const listings = await pMap(folders, (path) => listFolder(place(path), signal), { concurrency: mostConnections });
    const entries = listings.flatMap((listing) => listing ?? []);
    files.push(...entries.filter(({ path, isFolder }) => !isFolder && isWanted(plain(path))));
    if (files.length > mostFiles) throw unlisted(place(folders[0]!), `more than ${mostFiles} files match`);
    folders = entries.filter(({ path, isFolder }) => isFolder && mayHave(plain(path), depth + 1)).map(({ path }) => `${path}/`);
  }
  files.sort((a, b) => (a.path < b.path ? -1 : 1));
  return await identifyListed(
    files.map((file) => ({ ...file, path: place(file.path).url.href })),
    signal,
  );
}

/** The path without its leading slash and escapes, for matching with patterns. */
function plain(path: string): string {
  try {
    return decodeURIComponent(path).slice(1);
  } catch {
    return path.slice(1);
  }
}

/** Sizes and versions in a listing are used if asking for the first file itself gives the same ones; else each file is asked for. */
async function identifyListed(files: readonly ListedEntry[], signal: AbortSignal | undefined): Promise<readonly FoundFile[]> {
  const identityOf = ({ path, size, version }: ListedEntry): FileIdentity | undefined =>
    size === undefined || version === undefined ? undefined : { path, size, version };
  const [first] = files;
  if (!first) return [];
  const [asked] = await look(first.path, { signal });
  const told = identityOf(first);
  const agrees = told !== undefined && asked?.file.size === told.size && asked.file.version === told.version;
  const found = await pMap(
    files,
    async (each) => {
      const identity = agrees ? identityOf(each) : undefined;
      return identity ? [{ file: identity }] : await look(each.path, { signal });
    },
    { concurrency: mostConnections, ...(signal && { signal }) },
  );
  return found.flat();
}
