/**
 * Simulates a cluster in which everything goes wrong at random: calls get lost, updates come twice, agents vanish and return, the connection breaks, and the
 * scheduler crashes before or after its writes are durable. Whatever happens, the promises of `scheduler.ts` hold, and finally every task has ended.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { SchedulerCall } from "../../../../runtime/mesos/protocol/calls.ts";
import {
  isTerminal,
  type TaskState as MesosState,
  type Offer,
  type TaskInfo,
  type TaskStatus,
} from "../../../../runtime/mesos/protocol/shapes.ts";
import type { Effects } from "../../../../runtime/mesos/scheduler/scheduler-state.ts";
import type { Happening } from "../../../../runtime/mesos/scheduler/step.ts";
import { isEnded, type Task } from "../../../../runtime/mesos/scheduler/task.ts";
import { seeded, seedOr } from "../../../support/seeded.ts";
import { job, offer, Played } from "./cluster.ts";

const rounds = Number(process.env.FEMTOQ_TEST_COUNT ?? 60);
const jobs = 12;
const agents = ["a", "b", "c"];
const cpusOfAgent = 3000;

/** A task that really runs in the cluster, whatever the scheduler believes. */
interface Run {
  readonly info: TaskInfo;
  state: MesosState;
  /** The unacknowledged updates, of which the first is sent. */
  readonly untold: TaskStatus[];
}

class Cluster {
  readonly #random;
  readonly #runs = new Map<string, Run>();
  readonly #away = new Set<string>();
  readonly #offered = new Map<string, Offer>();
  readonly #durable = new Map<string, Task>();
  readonly #launchedIds = new Set<string>();
  #played = new Played();
  #uuids = 0;

  constructor(seed: number) {
    this.#random = seeded(seed);
  }

  play(): void {
    this.#tell({ kind: "want", tasks: Array.from({ length: jobs }, (_, index) => job(`job-${index}`, { attempts: "unlimited" })) });
    this.#subscribe();
    for (let turn = 0; turn < 400; turn++) this.#happen(true);
    this.#away.clear();
    for (let turn = 0; turn < 3_000 && [...this.#durable.values()].some((task) => !isEnded(task)); turn++) this.#happen(false);
    for (const task of this.#durable.values()) assert.equal(task.state, "successful", JSON.stringify(task));
  }

  #happen(isRough: boolean): void {
    const random = this.#random;
    const choices = [
      () => this.#offer(),
      () => this.#tick(),
      () => this.#tellOne(),
      () => this.#progress(isRough),
      () => this.#progress(isRough),
    ];
    const rough = [() => this.#loseAgent(), () => this.#returnAgent(), () => this.#reconnect(), () => this.#crash()];
    random.pick(isRough && random.chance(0.1) ? rough : choices)();
    this.#assertOnce();
  }

  /** No task runs twice at the same time. */
  #assertOnce(): void {
    const live = [...this.#runs.values()].filter(({ state }) => !isTerminal(state)).map(({ info }) => info.id.replace(/\.\d+$/, ""));
    assert.equal(new Set(live).size, live.length, `two launches of one task live: ${live}`);
  }

  #tell(happening: Happening): void {
    const random = this.#random;
    const effects = this.#played.on(happening);
    if (happening.kind === "offers") this.#assertAnswered(happening.offers, effects);
    // A crash may come before the record is written. Then the decisions have no effect.
    const mayCrash = happening.kind !== "want";
    if (mayCrash && random.chance(0.005)) {
      this.#crash();
      return;
    }
    for (const change of effects.records) if (change.kind === "put") this.#durable.set(change.task.wanted.id, change.task);
    if (mayCrash && random.chance(0.005)) {
      this.#crash();
      return;
    }
    for (const call of effects.calls) if (!random.chance(0.02)) this.#take(call);
  }

  #assertAnswered(offers: readonly Offer[], { calls }: Effects): void {
    const answered = calls.flatMap((call) => (call.kind === "accept" || call.kind === "decline" ? call.offerIds : []));
    assert.deepEqual(answered.toSorted(), offers.map(({ id }) => id).toSorted(), "each offer is answered once");
    for (const call of calls) {
      if (call.kind !== "accept") continue;
      const used = call.launch.reduce((sum, { resources }) => sum + cpusOf(resources), 0);
      assert(used <= cpusOf(offers.find(({ id }) => id === call.offerIds[0])!.resources), "no offer is over-committed");
    }
  }

  #take(call: Exclude<SchedulerCall, { kind: "subscribe" }>): void {
    switch (call.kind) {
      case "accept":
        this.#launch(call.offerIds[0]!, call.launch);
        break;
      case "decline":
        for (const id of call.offerIds) this.#offered.delete(id);
        break;
      case "acknowledge": {
        const run = this.#runs.get(call.taskId)!;
        assert.equal(run.untold[0]?.uuid, call.uuid, "what is acknowledged was told, and not yet acknowledged");
        const task = this.#durable.get(run.info.name)!;
        const isCurrent = task.placement?.taskId === call.taskId;
        assert(!(isCurrent && isTerminal(run.untold[0]!.state) && task.state === "running"), "it was recorded before");
        run.untold.shift();
        break;
      }
      case "kill":
        this.#end(call.taskId, "TASK_KILLED");
        break;
      case "reconcile":
        for (const { taskId, agentId } of call.tasks) this.#answer(taskId, agentId);
        if (call.tasks.length === 0) for (const taskId of [...this.#runs.keys()]) this.#answer(taskId, undefined);
    }
  }

  #launch(offerId: string, infos: readonly TaskInfo[]): void {
    const isValid = this.#offered.delete(offerId);
    for (const info of infos) {
      assert(!this.#launchedIds.has(info.id), `${info.id} was launched before`);
      this.#launchedIds.add(info.id);
      assert.equal(this.#durable.get(info.name)?.placement?.taskId, info.id, "the launch was recorded before");
      if (isValid && !this.#away.has(info.agentId)) this.#runs.set(info.id, { info, state: "TASK_STAGING", untold: [] });
      else this.#say({ taskId: info.id, state: "TASK_DROPPED", reason: "REASON_INVALID_OFFERS", agentId: info.agentId });
    }
  }

  /** Answers as the master does; it reports agents that are away. */
  #answer(taskId: string, agentId: string | undefined): void {
    const run = this.#runs.get(taskId);
    const state =
      run === undefined ? "TASK_GONE" : this.#away.has(run.info.agentId) && !isTerminal(run.state) ? "TASK_UNREACHABLE" : run.state;
    this.#say({ taskId, state, reason: "REASON_RECONCILIATION", ...(agentId !== undefined && { agentId }) });
  }

  /** Told by the master, of itself. */
  readonly #say = (status: TaskStatus) => {
    if (this.#played.state.disconnected === undefined && !this.#random.chance(0.1)) this.#tell({ kind: "update", status });
  };

  #offer(): void {
    if (this.#played.state.disconnected !== undefined || this.#played.state.suppressed) return;
    const offers = agents
      .filter((agentId) => !this.#away.has(agentId) && ![...this.#offered.values()].some((each) => each.agentId === agentId))
      .map((agentId) => offer(agentId, { cpus: this.#free(agentId) / 1000 }))
      .filter(({ resources }) => cpusOf(resources) > 0);
    for (const each of offers) this.#offered.set(each.id, each);
    if (offers.length > 0) this.#tell({ kind: "offers", offers });
  }

  #free(agentId: string): number {
    const used = [...this.#runs.values()].filter(({ info, state }) => info.agentId === agentId && !isTerminal(state));
    return cpusOfAgent - used.reduce((sum, { info }) => sum + cpusOf(info.resources), 0);
  }

  #tick(): void {
    this.#played.now += 500 + this.#random.below(20_000);
    this.#tell({ kind: "tick" });
    // Offers that a lost call did not answer are withdrawn.
    this.#offered.clear();
  }

  #tellOne(): void {
    const waiting = [...this.#runs.values()].filter(({ info, untold }) => untold.length > 0 && !this.#away.has(info.agentId));
    if (waiting.length > 0 && this.#played.state.disconnected === undefined) {
      this.#tell({ kind: "update", status: this.#random.pick(waiting).untold[0]! });
    }
  }

  #progress(isRough: boolean): void {
    const live = [...this.#runs.values()].filter(({ state }) => !isTerminal(state));
    if (live.length === 0) return;
    const { info, state } = this.#random.pick(live);
    if (state === "TASK_STAGING") this.#move(info.id, "TASK_RUNNING");
    else this.#end(info.id, isRough && this.#random.chance(0.3) ? "TASK_FAILED" : "TASK_FINISHED");
  }

  #end(taskId: string, state: MesosState): void {
    const run = this.#runs.get(taskId);
    if (run && !isTerminal(run.state) && !this.#away.has(run.info.agentId)) this.#move(taskId, state);
  }

  #move(taskId: string, state: MesosState): void {
    const run = this.#runs.get(taskId)!;
    run.state = state;
    run.untold.push({ taskId, state, agentId: run.info.agentId, uuid: `uuid-${++this.#uuids}` });
  }

  #loseAgent(): void {
    const agentId = this.#random.pick(agents);
    this.#away.add(agentId);
    for (const { info, state } of [...this.#runs.values()]) {
      if (info.agentId === agentId && !isTerminal(state)) this.#say({ taskId: info.id, state: "TASK_UNREACHABLE", agentId });
    }
  }

  #returnAgent(): void {
    const agentId = this.#random.pick([...this.#away, "a"]);
    if (!this.#away.delete(agentId)) return;
    for (const { info, state, untold } of [...this.#runs.values()]) {
      // This includes tasks that ended meanwhile, before their agent tells how.
      if (info.agentId === agentId && (!isTerminal(state) || untold.length > 0))
        this.#say({ taskId: info.id, state, agentId, reason: "REASON_AGENT_REREGISTERED" });
    }
  }

  #reconnect(): void {
    this.#offered.clear();
    if (this.#played.state.disconnected === undefined) this.#tell({ kind: "disconnected", reason: "the connection broke" });
    this.#subscribe();
  }

  #crash(): void {
    const { now } = this.#played;
    this.#offered.clear();
    this.#played = new Played({ recorded: [...this.#durable.values()] });
    this.#played.now = now;
    this.#subscribe();
  }

  #subscribe(): void {
    this.#tell({ kind: "subscribed", frameworkId: "f", heartbeatSeconds: 15, master: "m" });
  }
}

const cpusOf = (resources: TaskInfo["resources"]): number =>
  resources.reduce((sum, each) => (each.kind === "scalar" && each.name === "cpus" ? sum + each.amount : sum), 0);

test(`a scheduler keeps its promises through ${rounds} random histories`, () => {
  for (let round = 0; round < rounds; round++) {
    const seed = seedOr(1) + round;
    try {
      new Cluster(seed).play();
    } catch (error) {
      throw new Error(`with FEMTOQ_TEST_SEED=${seed} FEMTOQ_TEST_COUNT=1: ${(error as Error).message}`, { cause: error });
    }
  }
});
