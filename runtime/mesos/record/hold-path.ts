/**
 * A lock for one process at a time on this machine. The folder `PATH.lock` names the process that holds it.
 *
 * Guarantees: if several processes find the lock of a killed one, exactly one gets it, since the name in the folder can be renamed only once. If a new
 * process has the number of a killed one, it is not taken for the holder, provided that the system tells when it began (Linux).
 */
import { randomUUID } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, rmdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";

/** Returns a function that releases the lock. Rejects with the error that `refuse` makes of the holder's process number. */
export async function holdPath(path: string, refuse: (pid: number, lock: string) => Error): Promise<() => Promise<void>> {
  const lock = `${path}.lock`;
  const own = await describeProcess(process.pid);
  const draft = `${lock}.${randomUUID()}`;
  await mkdir(draft);
  try {
    await writeFile(join(draft, own), "");
    while (!(await take()));
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
  return async () => {
    await rm(join(lock, own), { force: true });
    await rmdir(lock).catch(unless("ENOENT", "ENOTEMPTY"));
  };

  /** False if the lock changed meanwhile, and the attempt must be repeated. */
  async function take(): Promise<boolean> {
    const isNew = await rename(draft, lock).then(() => true, unless("ENOTEMPTY", "EEXIST"));
    if (isNew) return true;
    const [holder] = await readdir(lock).catch(() => []);
    if (holder === undefined) return false;
    const pid = Number(/^\d+/.exec(holder)?.[0]);
    if (holder !== own && (await isAlive(pid, holder))) throw refuse(pid, lock);
    return rename(join(lock, holder), join(lock, own)).then(() => true, unless("ENOENT"));
  }
}

/** PID-BEGIN, or PID if the beginning of the process is not known. */
async function describeProcess(pid: number): Promise<string> {
  const stat = await readFile(`/proc/${pid}/stat`, "latin1").catch(() => "");
  // The program's name, in brackets, may have blanks; the text after it begins with the third field.
  const begin = stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
  return begin === undefined ? `${pid}` : `${pid}-${begin}`;
}

async function isAlive(pid: number, holder: string): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EPERM") return false;
  }
  return !holder.includes("-") || (await describeProcess(pid)) === holder;
}

const unless =
  (...codes: readonly string[]) =>
  (error: NodeJS.ErrnoException): false => {
    if (codes.includes(error.code ?? "")) return false;
    throw error;
  };
