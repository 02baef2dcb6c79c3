/**
 * Tells which process has a directory. A process that died without saying so no longer has it, even if its parent did not collect it; on Linux its start time tells it from another process
 * that got its number. From another host (or container) that cannot be seen: the directory then stays taken until its `owner` file is deleted.
 */
import { existsSync, readFileSync } from "node:fs";
import { hostname } from "node:os";

export interface Owner {
  readonly pid: number;
  readonly host: string;
  /** Clock ticks from boot to the start of the process; absent where the system does not tell. */
  readonly started?: number;
}

export function thisProcess(): Owner {
  const started = readStart(process.pid);
  return { pid: process.pid, host: hostname(), ...(started === undefined ? {} : { started }) };
}

export function readOwner(path: string): Owner | undefined {
  if (!existsSync(path)) return undefined;
  try {
    const { pid, host, started } = JSON.parse(readFileSync(path, "utf8"));
    if (!Number.isInteger(pid) || typeof host !== "string") return undefined;
    return { pid, host, ...(Number.isInteger(started) ? { started } : {}) };
  } catch (error) {
    // Written partly when its process died: nobody has the directory.
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

export function isAlive(owner: Owner): boolean {
  if (owner.host !== hostname()) return true;
  if (owner.started !== undefined) return readStart(owner.pid) === owner.started;
  try {
    process.kill(owner.pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** Field 22 of /proc/PID/stat, undefined for a process that ended (state, field 3, Z or X); the second field, the name, may hold blanks and parentheses. */
function readStart(pid: number): number | undefined {
  const path = `/proc/${pid}/stat`;
  if (!existsSync(path)) return undefined;
  const stat = readFileSync(path, "latin1");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  if (fields[0] === "Z" || fields[0] === "X") return undefined;
  const started = Number(fields[19]);
  return Number.isSafeInteger(started) ? started : undefined;
}
