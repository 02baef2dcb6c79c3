/**
 * Servers from Java libraries: Maven brings them (16 MB, once), the JDK compiles our launchers. A set is a folder of `java/`. Kept under
 * `node_modules/.cache`, under a name that changes with the set's `pom.xml` and launchers, so that an old one is never used.
 */
import { createHash, randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rename, rm } from "node:fs/promises";
import { delimiter, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { runToEnd, type ServerProcess, startProcess } from "./server-process.ts";

const cache = fileURLToPath(new URL("../../node_modules/.cache/femtoq-servers/", import.meta.url));

/** The set `zookeeper-3.4` has ServeZooKeeper alone. */
export type JavaSet = "current" | "zookeeper-3.4";

export interface JavaServers {
  start(
    launcher: "ServeMongo" | "ServeZooKeeper" | "ServeEnsembleMember",
    parameters: readonly (string | number)[],
  ): Promise<ServerProcess>;
  /** Runs a program to its end; returns its standard output. */
  print(launcher: "PrintTransactions", parameters: readonly string[]): Promise<string>;
}

/** Returns the servers, or tells what is missing. */
export async function findJavaServers(set: JavaSet = "current"): Promise<JavaServers | { readonly missing: string }> {
  const sources = fileURLToPath(new URL(`./java/${set}/`, import.meta.url));
  const directory = join(cache, await hashSources(sources));
  try {
    if (!existsSync(directory)) await prepare(sources, directory);
  } catch (error) {
    return { missing: error instanceof Error ? error.message : String(error) };
  }
  const classPath = [join(directory, "classes"), join(directory, "lib", "*")].join(delimiter);
  const begin = ["-XX:TieredStopAtLevel=1", "-Xmx512m", "-cp", classPath];
  return {
    start: (launcher, parameters) =>
      startProcess({
        what: launcher,
        command: "java",
        parameters: [...begin, launcher, ...parameters.map(String)],
        readyPort: (line) => (line.startsWith("ready ") ? Number(line.slice("ready ".length)) : undefined),
      }),
    print: async (launcher, parameters) => (await runToEnd("java", [...begin, launcher, ...parameters])) ?? "",
  };
}

async function hashSources(sources: string): Promise<string> {
  const hash = createHash("sha256");
  for (const name of (await readdir(sources)).sort()) hash.update(name).update(await readFile(join(sources, name)));
  return hash.digest("hex").slice(0, 16);
}

/** The folder is made under another name and then renamed, so that it is complete or not there: several test files may come at once. */
async function prepare(sources: string, directory: string): Promise<void> {
  const making = `${directory}-${randomUUID()}`;
  await mkdir(join(making, "classes"), { recursive: true });
  try {
    const lib = join(making, "lib");
    const copy = ["-q", "-B", "-f", join(sources, "pom.xml"), "dependency:copy-dependencies", `-DoutputDirectory=${lib}`];
    if ((await runToEnd(process.platform === "win32" ? "mvn.cmd" : "mvn", copy)) === undefined)
      throw new Error("Maven (mvn) is not on PATH");
    const launchers = (await readdir(sources)).filter((name) => name.endsWith(".java")).map((name) => join(sources, name));
    const compiled = await runToEnd("javac", ["-cp", join(lib, "*"), "-d", join(making, "classes"), ...launchers]);
    if (compiled === undefined) throw new Error("a Java development kit (javac) is not on PATH");
    await rename(making, directory).catch((error: unknown) => {
      if (!existsSync(directory)) throw error;
    });
  } finally {
    await rm(making, { recursive: true, force: true });
  }
}
