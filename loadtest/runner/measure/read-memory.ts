/** Reads the memory of other processes of this machine. */
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import process from "node:process";
import { promisify } from "node:util";

const run = promisify(execFile);

/** All in bytes. */
export interface Memory {
  readonly resident: number;
  /** The resident pages of files (of the embedded store, of the program), which the system takes back when it needs them. */
  readonly mapped: number;
}

/** Rejects if the process is gone. `mapped` is 0 on other systems than Linux, which do not tell it. */
export async function readMemory(pid: number): Promise<Memory> {
  if (process.platform === "linux") {
    const status = await readFile(`/proc/${pid}/status`, "utf8");
    const bytes = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(status)?.[1]) * 1024;
    if (!Number.isNaN(bytes("VmRSS"))) return { resident: bytes("VmRSS"), mapped: bytes("RssFile") || 0 };
  }
  const { stdout } = await run("ps", ["-o", "rss=", "-p", `${pid}`]);
  return { resident: Number(stdout.trim()) * 1024, mapped: 0 };
}
