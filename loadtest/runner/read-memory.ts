/** Memory of other processes of this machine. */
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Resident bytes of a process. Rejects where it is gone. */
export async function readMemory(pid: number): Promise<number> {
  if (process.platform === "linux") {
    const status = await readFile(`/proc/${pid}/status`, "utf8");
    const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1];
    if (kilobytes !== undefined) return Number(kilobytes) * 1024;
  }
  const { stdout } = await run("ps", ["-o", "rss=", "-p", `${pid}`]);
  return Number(stdout.trim()) * 1024;
}
