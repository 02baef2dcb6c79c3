/**
 * Tells which process owns a directory. A dead process owns none, even if its parent has not collected it yet. On Linux, the start time distinguishes
 * it from a later process with the same number. If the owner is on another host or in another container, none of this can be seen, and the directory
 * stays taken until its `owner` file is deleted.
 */
import { existsSync, readFileSync } from "node:fs";
import { hostname } from "node:os";

export interface Owner {
  readonly pid: number;
  readonly host: string;
  /** The clock ticks from boot to the start of the process; absent if the system does not tell. */
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
    // The file is incomplete, since its process died while writing it, so nobody owns the directory.
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

/** Field 22 of /proc/PID/stat; undefined for an ended process (field 3, the state, is Z or X). Field 2, the name, may contain blanks and parentheses. */
function readStart(pid: number): number | undefined {
  const path = `/proc/${pid}/stat`;
  if (!existsSync(path)) return undefined;
  const stat = readFileSync(path, "latin1");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  if (fields[0] === "Z" || fields[0] === "X") return undefined;
  const started = Number(fields[19]);
  return Number.isSafeInteger(started) ? started : undefined;
}
