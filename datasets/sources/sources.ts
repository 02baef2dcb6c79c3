/** The sources that are read, by the scheme of their URLs. A new source is one more row. */
import { DatasetError } from "../dataset.ts";
import { localFiles } from "./local/local-files.ts";
import type { Source } from "./source.ts";

/** Paths without a scheme are this machine's. */
const local = "";
const sources: ReadonlyMap<string, Source> = new Map([[local, localFiles]]);

const schemeOf = (path: string): string => /^([a-z][a-z0-9+.-]*):\/\//i.exec(path)?.[1].toLowerCase() ?? local;

/** Where a path, URL or pattern leads. Throws `DatasetError`, permanent, for a scheme that is not read. */
export function sourceOf(path: string): Source {
  const source = sources.get(schemeOf(path));
  if (source) return source;
  const known = ["paths of this machine", ...[...sources.keys()].filter((scheme) => scheme !== local).map((scheme) => `${scheme}://`)];
  throw new DatasetError(`Cannot read ${path}: this version reads no URLs of this kind, only ${known.join(", ")}`, { permanent: true });
}

export const isLocal = (path: string): boolean => schemeOf(path) === local;
