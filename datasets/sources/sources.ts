/** The table of sources, by the scheme of their URLs. A new source is one more row. */
import { DatasetError } from "../dataset.ts";
import { httpFiles } from "./http/http-files.ts";
import { createListedFiles, isList } from "./lists/listed-files.ts";
import { localFiles } from "./local/local-files.ts";
import { s3Files } from "./s3/s3-files.ts";
import { showPath } from "./shown-path.ts";
import type { Source } from "./source.ts";

/** The scheme of paths without one, which lead to files of this machine. */
const local = "";
const sources: ReadonlyMap<string, Source> = new Map([
  [local, localFiles],
  ["https", httpFiles],
  ["http", httpFiles],
  ["s3", s3Files],
]);
const lists = createListedFiles(sourceOf);

const schemeOf = (path: string): string => /^([a-z][a-z0-9+.-]*):\/\//i.exec(path)?.[1].toLowerCase() ?? local;

/** The source for a path, URL, pattern or list. Throws a permanent `DatasetError` for an unknown scheme. */
export function sourceOf(path: string): Source {
  if (isList(path)) return lists;
  const scheme = schemeOf(path);
  const source = sources.get(scheme);
  if (source) return source;
  const shown = showPath(path);
  if (/^x?roots?$/.test(scheme)) {
    const [, host, file] = /^[a-z]+:\/\/([^/:]*)(?::\d+)?\/*(.*)$/i.exec(shown) ?? [];
    const instead = `its servers mostly give the same files by HTTP: try https://${host}/${file} (or with the port that the site tells)`;
    throw new DatasetError(`Cannot read ${shown}: the XRootD protocol is not spoken here; ${instead}`, { permanent: true });
  }
  const schemes = [...sources.keys()].filter((each) => each !== local).map((each) => `${each}://`);
  const known = ["paths of this machine", ...schemes].join(", ");
  throw new DatasetError(`Cannot read ${shown}: this version reads no URLs of this kind, only ${known}`, { permanent: true });
}

export const isLocal = (path: string): boolean => schemeOf(path) === local && !isList(path);

/** The pattern in a form that does not depend on the current folder. */
export function absolutePattern(pattern: string, resolve: (path: string) => string): string {
  if (isLocal(pattern)) return resolve(pattern);
  const listed = pattern.slice(1);
  return isList(pattern) && isLocal(listed) ? `@${resolve(listed)}` : pattern;
}
