/**
 * Servers from Java libraries: Maven brings them (16 MB, once), the JDK compiles our two launchers. Kept under `node_modules/.cache`, under a name
 * that changes with `pom.xml` and the launchers, so that an old set is never used.
 */
import { createHash, randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rename, rm } from "node:fs/promises";
import { delimiter, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { runToEnd, type ServerProcess, startProcess } from "./server-process.ts";

const sources = fileURLToPath(new URL("./java/", import.meta.url));
const cache = fileURLToPath(new URL("../../node_modules/.cache/femtoq-servers/", import.meta.url));

export interface JavaServers {
  start(launcher: "ServeMongo" | "ServeZooKeeper", parameters: readonly (string | number)[]): Promise<ServerProcess>;
}

/** What is missing, where the servers cannot be had. */
export async function findJavaServers(): Promise<JavaServers | { readonly missing: string }> {
  const directory = join(cache, await hashSources());
  try {
    if (!existsSync(directory)) await prepare(directory);
  } catch (error) {
    return { missing: error instanceof Error ? error.message : String(error) };
  }
  const classPath = [join(directory, "classes"), join(directory, "lib", "*")].join(delimiter);
  return {
    start: (launcher, parameters) =>
      startProcess({
        what: launcher,
        command: "java",
        parameters: ["-XX:TieredStopAtLevel=1", "-Xmx512m", "-cp", classPath, launcher, ...parameters.map(String)],
        readyPort: (line) => (line.startsWith("ready ") ? Number(line.slice("ready ".length)) : undefined),
      }),
  };
}

async function hashSources(): Promise<string> {
  const hash = createHash("sha256");
  for (const name of (await readdir(sources)).sort()) hash.update(name).update(await readFile(join(sources, name)));
  return hash.digest("hex").slice(0, 16);
}

/** Complete, or not there: several test files may come at once. */
async function prepare(directory: string): Promise<void> {
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
