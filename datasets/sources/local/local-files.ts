/** The file systems of this machine, network drives included. */
import { existsSync } from "node:fs";
import { isAbsolute, join, resolve } from "node:path";
import process from "node:process";
import { LRUCache } from "lru-cache";
import { escapePath } from "tinyglobby";
import type { ListOptions, Source } from "../source.ts";
import { FileLister } from "./list-files.ts";
import { identifyFile, openFile } from "./open-file.ts";

const mostPatterns = 1_000;
const listers = new LRUCache<string, FileLister>({ max: mostPatterns });

export const localFiles: Source = {
  async list(pattern: string, { endings, signal }: ListOptions) {
    const key = JSON.stringify([pattern, endings]);
    const lister = listers.get(key) ?? new FileLister(pattern, { endings });
    listers.set(key, lister);
    return await lister.list(signal);
  },
  identify: identifyFile,
  open: openFile,
};

/** The same pattern, whatever folder a process works in. */
export function absolutePattern(pattern: string): string {
  const path = resolve(pattern);
  return isAbsolute(pattern) || existsSync(path) ? path : join(escapePath(process.cwd()), pattern);
}
