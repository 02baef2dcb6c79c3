/** Offers, updates and tasks for tests of the scheduler's decisions, and a scheduler that is asked one thing after the other. */
import assert from "node:assert/strict";
import type { SchedulerCall } from "../../../../runtime/mesos/protocol/calls.ts";
import type { Offer, Resource, TaskInfo, TaskState, TaskStatus } from "../../../../runtime/mesos/protocol/shapes.ts";
import { createState, type Effects, type SchedulerTimes, usualTimes } from "../../../../runtime/mesos/scheduler/scheduler-state.ts";
import { type Happening, step } from "../../../../runtime/mesos/scheduler/step.ts";
import type { Task } from "../../../../runtime/mesos/scheduler/task.ts";
import type { WantedTask } from "../../../../runtime/mesos/scheduler/wanted-task.ts";

export const scalar = (name: string, value: number, isPlain = true): Resource => ({
  kind: "scalar",
  name,
  amount: Math.round(value * 1000),
  isPlain,
});

let offers = 0;

export const offer = (
  agentId: string,
  { cpus = 4, mem = 4096, ...rest }: Partial<Offer> & { cpus?: number; mem?: number } = {},
): Offer => ({
  id: `offer-${++offers}`,
  agentId,
  hostname: `${agentId}.example`,
  role: "*",
  resources: [scalar("cpus", cpus), scalar("mem", mem)],
  attributes: [],
  executorIds: [],
  ...rest,
});

export const job = (id: string, more: Partial<WantedTask> = {}): WantedTask => ({
  id,
  resources: { cpus: 1, mem: 128 },
  run: { kind: "command", command: { value: "true" } },
  attempts: 3,
  ...more,
});

export const status = (taskId: string, state: TaskState, more: Partial<TaskStatus> = {}): Happening => ({
  kind: "update",
  status: { taskId, state, agentId: "a", ...more },
});

type Call<Kind, Each = SchedulerCall> = Each extends { kind: infer Kinds } ? (Kind extends Kinds ? Each : never) : never;

/** A scheduler that is subscribed. Time passes only by `pass`. */
export class Played {
  readonly state;
  now = 1_000_000;

  constructor({ recorded = [], times = usualTimes }: { readonly recorded?: readonly Task[]; readonly times?: SchedulerTimes } = {}) {
    this.state = createState(recorded, times);
  }

  static subscribed(options?: ConstructorParameters<typeof Played>[0]): Played {
    const played = new Played(options);
    played.subscribe();
    return played;
  }

  on = (event: Happening): Effects => step(this.state, event, this.now);

  subscribe = (): Effects => this.on({ kind: "subscribed", frameworkId: "f", heartbeatSeconds: 15, master: "m" });

  want = (...tasks: WantedTask[]): Effects => this.on({ kind: "want", tasks });

  offer = (...given: Offer[]): Effects => this.on({ kind: "offers", offers: given });

  /** Ticks every half second, as the driver does. */
  pass(milliseconds: number): Effects {
    const all: Effects = { records: [], calls: [], news: [] };
    for (const until = this.now + milliseconds; this.now < until; ) {
      this.now = Math.min(until, this.now + 500);
      const { records, calls, news } = this.on({ kind: "tick" });
      all.records.push(...records);
      all.calls.push(...calls);
      all.news.push(...news);
    }
    return all;
  }

  task(id: string): Task {
    const task = this.state.tasks.get(id);
    assert(task, `${id} is unknown`);
    return task;
  }

  /** Offers an agent, and the task that waits is launched there. */
  launch(id: string, agentId = "a"): Task {
    this.offer(offer(agentId));
    const task = this.task(id);
    assert.equal(task.state, "staging");
    return task;
  }
}

export const callsOf = <Kind extends SchedulerCall["kind"]>({ calls }: Effects, kind: Kind): readonly Call<Kind>[] =>
  calls.filter((call) => call.kind === kind) as readonly SchedulerCall[] as readonly Call<Kind>[];

export const launched = (effects: Effects): readonly TaskInfo[] => callsOf(effects, "accept").flatMap(({ launch }) => launch);

export const idsOf = (infos: readonly TaskInfo[]): readonly string[] => infos.map(({ id }) => id);
