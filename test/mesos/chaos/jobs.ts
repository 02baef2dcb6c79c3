/**
 * Jobs whose right ends are known, and which tell when two launches of one run at a time: each holds a lock while it runs, and writes to a
 * file when it cannot have it.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";

export interface ChaosJob {
  readonly id: string;
  readonly cpus: number;
  readonly mem: number;
  readonly command: string;
  readonly retries: number;
}

/** Makes jobs. One in five fails each time it runs. */
export function makeJobs(directory: string, count: number): readonly ChaosJob[] {
  return Array.from({ length: count }, (_, index) => {
    const id = `job${index}`;
    const path = (name: string) => join(directory, name);
    const fails = index % 5 === 4;
    const work = `echo ${id} >> ${path("begun")}; sleep 0.${1 + (index % 9)}; ${fails ? "exit 3" : `echo ${id} >> ${path("done")}`}`;
    const command = `exec 9> ${path(`${id}.lock`)}; flock -n 9 || { echo ${id} >> ${path("twice")}; exit 1; }; ${work}`;
    return { id, cpus: 0.5, mem: 64, command, retries: fails ? 1 : 100 };
  });
}

export interface EndOfJob {
  readonly id: string;
  readonly state: string;
  readonly attempts: number;
}

/** Returns the faults in how the jobs ended. */
export async function findFaults(directory: string, jobs: readonly ChaosJob[], ends: readonly EndOfJob[]): Promise<readonly string[]> {
  const read = async (name: string) => (await readFile(join(directory, name), "utf8").catch(() => "")).split("\n").filter(Boolean);
  const [begun, done, twice] = await Promise.all([read("begun"), read("done"), read("twice")]);
  const faults = twice.map((id) => `${id} ran twice at a time`);
  const endOf = new Map(ends.map((end) => [end.id, end]));
  for (const { id, retries } of jobs) {
    const { state = "unknown", attempts = 0 } = endOf.get(id) ?? {};
    const expected = retries === 1 ? "FAILED" : "SUCCESSFUL";
    const runs = begun.filter((each) => each === id).length;
    if (state !== expected) faults.push(`${id} is ${state}, and should be ${expected}`);
    if (expected === "SUCCESSFUL" && !done.includes(id)) faults.push(`${id} is successful but did not come to its end`);
    if (runs > attempts) faults.push(`${id} ran ${runs} times in ${attempts} attempts`);
  }
  return faults;
}
