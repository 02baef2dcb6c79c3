/** Our scheduler on a master that loses answers, cuts and silences streams, takes offers back, and ends. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { openLeaders } from "../../runtime/mesos/leader/open-leaders.ts";
import { openSchedulerConnection } from "../../runtime/mesos/protocol/scheduler-connection.ts";
import { runScheduler } from "../../runtime/mesos/scheduler/run-scheduler.ts";
import type { Scheduler } from "../../runtime/mesos/scheduler/scheduler.ts";
import { isEnded } from "../../runtime/mesos/scheduler/task.ts";
import { auditLog } from "./fake/audit-log.ts";
import { FakeMaster, type FakeOptions } from "./fake/fake-master.ts";
import { memoryRecord } from "./memory-record.ts";

const log = { info() {}, warn() {}, error() {} };

async function start(t: TestContext, options: FakeOptions = {}) {
  const master = await FakeMaster.start({ heartbeatSeconds: 0.2, longestSilence: 300, resendAfter: 200, ...options });
  for (let agent = 0; agent < 3; agent++) master.addAgent({ cpus: 2, mem: 1024 });
  const leaders = await openLeaders({ address: master.url, log });
  const connect = (id: string | undefined) =>
    openSchedulerConnection({
      leaders,
      log,
      patience: 1000,
      backoff: { first: 10, longest: 100 },
      framework: {
        ...(id !== undefined && { id }),
        user: "nobody",
        name: "faults",
        failoverTimeout: 3600,
        checkpoint: true,
        roles: ["*"],
        capabilities: ["MULTI_ROLE", "PARTITION_AWARE"],
      },
    });
  const scheduler = await runScheduler({ record: memoryRecord(), connect, log });
  t.after(async () => {
    await scheduler.stop();
    await leaders.close();
    await master.stop();
  });
  return { master, scheduler };
}

const job = (id: string, command: string) =>
  ({ id, resources: { cpus: 0.5, mem: 64 }, attempts: 1, run: { kind: "command", command: { shell: true, value: command } } }) as const;

async function allEnded(scheduler: Scheduler, count: number): Promise<void> {
  while (scheduler.tasks().filter(isEnded).length < count) await new Promise((resolve) => setTimeout(resolve, 20));
}

const commands = ["true", "exit 3", "sleep 0.05", "sleep 0.3"];
const expected = ["successful", "failed", "successful", "successful"];

const harms: Readonly<Record<string, (master: FakeMaster, framework: string) => void | Promise<void>>> = {
  nothing: () => undefined,
  "lost answers": (master) => void master.lostAnswers.push("ACCEPT", "ACKNOWLEDGE", "ACCEPT", "DECLINE", "ACKNOWLEDGE"),
  "a stream that is cut": (master, framework) => master.stream(framework)?.cut(),
  "a silent stream": (master, framework) => void Object.assign(master.stream(framework) ?? {}, { isSilent: true }),
  "offers that are taken back": (master, framework) => master.rescind(framework),
  "offers that are taken back before that is told": (master, framework) => master.rescind(framework, 100),
  "updates that come twice"(master) {
    master.tellsTwice = true;
  },
  "the end of the master": (master) => master.restart(),
  "an agent that is away for a while"(master) {
    const [agent] = master.agents;
    master.pauseAgent(agent!);
    setTimeout(() => master.resumeAgent(agent!), 600);
  },
};

for (const [what, harm] of Object.entries(harms)) {
  test(`every job ends in its state, and every offer and update is answered once, with ${what}`, async (t) => {
    const { master, scheduler } = await start(t);
    const jobs = Array.from({ length: 24 }, (_, index) => job(`job${index}`, commands[index % 4]!));
    await scheduler.want(jobs);
    await new Promise((resolve) => setTimeout(resolve, 100));
    await harm(master, scheduler.frameworkId);
    await allEnded(scheduler, jobs.length);
    assert.deepEqual(
      jobs.map(({ id }) => scheduler.task(id)!.state),
      jobs.map((_, index) => expected[index % 4]),
    );
    // The last update is acknowledged last.
    const late = Date.now() + 5000;
    while (auditLog(master.log).faults.length > 0 && Date.now() < late) await new Promise((resolve) => setTimeout(resolve, 50));
    const { faults, deliveries } = auditLog(master.log);
    assert.deepEqual(faults, []);
    assert(deliveries >= 2 * jobs.length, `${deliveries} updates were told`);
  });
}
