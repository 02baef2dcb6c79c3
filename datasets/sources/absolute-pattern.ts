/** The same pattern, whatever folder a process works in. */
import { existsSync } from "node:fs";
import { isAbsolute, join, resolve } from "node:path";
import process from "node:process";
import { escapePath } from "tinyglobby";
import { isLocal } from "./sources.ts";

export function absolutePattern(pattern: string): string {
  if (!isLocal(pattern)) return pattern;
  const path = resolve(pattern);
  return isAbsolute(pattern) || existsSync(path) ? path : join(escapePath(process.cwd()), pattern);
}
