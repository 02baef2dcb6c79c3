/** The faults of the Python prototype, femto-mesos, with tests that would fail on it. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";

const offers = "scheduler/offers.test.ts";
const updates = "scheduler/updates.test.ts";

for (const [fault, file, name] of [
  ["a second ACCEPT launches the jobs of the first again", offers, "two offers launch each job once, each on the agent that was offered"],
  ["each job asks for 1 cpu and 1 MB, whatever it says", offers, "a task asks for what it was given to ask for"],
  ["whether a job fits is not looked at", offers, "what does not fit is not launched"],
  ["one offer is declined and the others are held for ever", offers, "its offer is declined at once with all others"],
  ["first fit leaves no memory after the first job of an offer", offers, "one offer takes as many tasks as fit"],
  ["jobs that fail, are killed or lost are not launched again", updates, "a task that fails is launched again with another id"],
  ["a job that is to be launched again would have the same task id", updates, "a task that fails is launched again with another id"],
  ["retries and attempts are one number", "jobs/read-jobs.test.ts", "retries are the launches after the first"],
  ["a lost job would use up a retry", updates, "lost launches do not use up the attempts"],
  ["jobs go from PENDING to RUNNING", "scheduler/run-scheduler.test.ts", "a launch is durable before ACCEPT"],
  ["the state is printed, not saved", "record/file-record.test.ts", "it keeps what was written, until it is cleared"],
  [
    "a framework that fails over is forgotten at once",
    "scheduler/open-scheduler.test.ts",
    "tasks live on without their scheduler for a week",
  ],
  [
    "tasks go on, but whoever started them is lost to them",
    "jobs/mesos-run.test.ts",
    "after kill -9 the same command goes on with the same launch",
  ],
  ["no user is named", "scheduler/open-scheduler.test.ts", "the framework names a user, and the principal of its credentials"],
  ["updates are not acknowledged, or also those without uuid", updates, "only one with a uuid is acknowledged"],
  ["an update without data ends the dispatcher", updates, "those without data are as good as those with"],
  ["reconciliation only prints", "scheduler/reconciliation.test.ts", "after each subscription every launched task is asked about by name"],
  ["the name of an executor stays where the executor changes", offers, "executors of one name that differ in anything have different ids"],
] as const) {
  test(`a test would fail on the prototype, in which ${fault}`, async () => {
    const text = await readFile(new URL(file, import.meta.url), "utf8");
    const names = [...text.matchAll(/^ *test\((["`])(.*?)\1[,)]/gm)].map(([, , found]) => found!);
    assert(
      names.some((each) => each.includes(name)),
      `${file} has the test "${name}"`,
    );
  });
}
