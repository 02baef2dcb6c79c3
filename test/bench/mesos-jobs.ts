/**
 * `npm run bench:mesos` runs 1,000 jobs of `true` on 100 agents of the fake master, and prints the scheduler's processor time per job and its memory. It fails
 * unless each job ran once.
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { Command } from "commander";
import { runJobs } from "../../runtime/mesos/jobs/run-jobs.ts";
import { openFileRecord } from "../../runtime/mesos/record/file-record.ts";
import { openScheduler } from "../../runtime/mesos/scheduler/open-scheduler.ts";
import type { WantedTask } from "../../runtime/mesos/scheduler/wanted-task.ts";
import { silent } from "../runtime/silent-log.ts";

const { jobs, agents } = new Command("bench:mesos")
  .description("what a scheduler computes for each job, on a fake master")
  .option("--jobs <count>", "how many", Number, 1_000)
  .option("--agents <count>", "how many, of 4 cpus each", Number, 100)
  .parse()
  .opts<{ readonly jobs: number; readonly agents: number }>();

const fake = fork(new URL("./fake-master-process.ts", import.meta.url), [String(agents)], { execArgv: ["--import", "tsx"] });
const [master] = (await once(fake, "message")) as [string];
const directory = await mkdtemp(join(tmpdir(), "femtoq-bench-"));
try {
  await measure();
} finally {
  fake.disconnect();
  await rm(directory, { recursive: true, force: true });
}

async function measure(): Promise<void> {
  const wanted = Array.from(
    { length: jobs },
    (_, index): WantedTask => ({
      id: `job-${index}`,
      resources: { cpus: 1, mem: 64 },
      run: { kind: "command", command: { value: "true" } },
      attempts: 1,
    }),
  );
  const record = await openFileRecord(join(directory, "state"));
  const scheduler = await openScheduler({ mesos: master, record, name: "bench", log: silent, startTimeout: 30_000 });
  globalThis.gc?.();
  const before = process.memoryUsage().heapUsed;
  const begun = performance.now();
  const begin = process.cpuUsage();
  const { tasks } = await runJobs(scheduler, wanted, { signal: new AbortController().signal, onTask() {} });
  const { user, system } = process.cpuUsage(begin);
  const wall = performance.now() - begun;
  globalThis.gc?.();
  const grown = process.memoryUsage().heapUsed - before;
  await scheduler.teardown();
  const good = tasks.filter(({ state, attempt }) => state === "successful" && attempt === 1).length;
  process.stdout.write(
    `${jobs} jobs on ${agents} agents: ${good} ran once; ${((user + system) / 1000 / jobs).toFixed(3)} ms of processor time for each, ` +
      `${(wall / 1000).toFixed(1)} s in all; ${(grown / jobs / 1024).toFixed(1)} KiB of memory for each\n`,
  );
  if (good !== jobs) process.exitCode = 1;
}
