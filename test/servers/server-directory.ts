import { rmSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { atExit } from "./at-exit.ts";

/** Makes a directory for a server's files, which is removed when this process ends. */
export async function makeServerDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "femtoq-server-"));
  atExit(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}
