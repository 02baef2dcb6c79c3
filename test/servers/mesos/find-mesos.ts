/**
 * Finds an Apache Mesos 1.11.0: the folder that LIBMESOS_DIRECTORY names, else one that `set-up.sh` makes once under the user's cache folder, by a
 * name that changes with the script, so that an old one is never used.
 */
import { createHash, randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, rename, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { runToEnd } from "../server-process.ts";

export interface Mesos {
  readonly directory: string;
}

/** The folder of the scripts. */
export const scripts = fileURLToPath(new URL("./", import.meta.url));

/** Returns Mesos, or tells what is missing. */
export async function findMesos(): Promise<Mesos | { readonly missing: string }> {
  const named = process.env.LIBMESOS_DIRECTORY;
  if (named)
    return existsSync(join(named, "libmesos.so")) ? { directory: named } : missing(`LIBMESOS_DIRECTORY names ${named}, which has none`);
  if (process.platform !== "linux" || process.arch !== "x64") return missing("it runs on Linux on x86-64 only");
  const directory = join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "femtoq", `mesos-1.11.0-${await hashScripts()}`);
  try {
    if (!existsSync(directory)) await setUp(directory);
  } catch (error) {
    return missing(error instanceof Error ? error.message : String(error));
  }
  return { directory };
}

const missing = (why: string) => ({ missing: `no Apache Mesos: ${why}` });

async function hashScripts(): Promise<string> {
  const hash = createHash("sha256");
  for (const name of ["set-up.sh", "make-stubs.py"]) hash.update(await readFile(join(scripts, name)));
  return hash.digest("hex").slice(0, 16);
}

/** The folder is made under another name and then renamed, so that it is complete or not there: several test files may come at once. */
async function setUp(directory: string): Promise<void> {
  const making = `${directory}-${randomUUID()}`;
  await mkdir(making, { recursive: true });
  try {
    if ((await runToEnd("bash", [join(scripts, "set-up.sh"), making])) === undefined) throw new Error("bash is not on PATH");
    await rename(making, directory).catch((error: unknown) => {
      if (!existsSync(directory)) throw error;
    });
  } finally {
    await rm(making, { recursive: true, force: true });
  }
}
