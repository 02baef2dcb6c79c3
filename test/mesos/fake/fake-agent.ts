/**
 * An agent of the fake Mesos. It runs command tasks as shell commands, keeps a queue of updates for each task, sends its first one until that is acknowledged,
 * and survives the master. `true`, `exit N` and `sleep N` need no process. A task with an executor of its framework runs until it is told to end, and messages
 * to that executor are returned.
 */
import { type ChildProcess, spawn } from "node:child_process";
import process from "node:process";
import { type Amounts, add, toAmounts } from "./amounts.ts";
import type { Json } from "./check-request.ts";

export interface AgentTask {
  readonly framework: string;
  readonly info: Json;
  /** The latest that the executor said. */
  state: string;
  /** The unacknowledged updates, of which only the first is sent. */
  readonly updates: Json[];
  end: (state: string, message: string) => void;
}

/** The part of a master that its agents call. */
export interface MasterOfAgent {
  hearUpdate(agent: FakeAgent, task: AgentTask, status: Json): void;
  /** An executor of this framework sent a message, or is gone. */
  hearExecutor(agent: FakeAgent, framework: string, event: Json): void;
}

const terminal = new Set(["TASK_FINISHED", "TASK_FAILED", "TASK_KILLED", "TASK_LOST", "TASK_ERROR"]);
export const isTerminal = (state: string): boolean => terminal.has(state);

export class FakeAgent {
  readonly total: Amounts;
  readonly hostname: string;
  readonly attributes: Json[];
  readonly tasks = new Map<string, AgentTask>();
  readonly #executors = new Map<string, Json>();
  id = "";
  /** Absent while there is no master, or it does not know this agent. */
  master: MasterOfAgent | undefined;
  #resendAfter: number;
  #isPaused = false;
  #inbox: (() => void)[] = [];
  #timer: ReturnType<typeof setInterval>;

  constructor(hostname: string, total: Amounts, attributes: Readonly<Record<string, string>>, resendAfter: number) {
    this.hostname = hostname;
    this.total = total;
    this.attributes = Object.entries(attributes).map(([name, value]) => ({ name, type: "TEXT", text: { value } }));
    this.#resendAfter = resendAfter;
    this.#timer = setInterval(() => this.tellAll(), this.#resendAfter);
    this.#timer.unref();
  }

  get isPaused(): boolean {
    return this.#isPaused;
  }

  /** The resources of its tasks that have not ended. */
  get used(): Amounts {
    let used: Amounts = {};
    for (const { state, info } of this.tasks.values()) if (!isTerminal(state)) used = add(used, toAmounts(info.resources));
    // An executor has its own once, whatever the number of its tasks.
    for (const { resources } of this.#executors.values()) used = add(used, toAmounts(resources));
    return used;
  }

  /** The executor that a framework runs here under this id. */
  executor(framework: string, id: string): Json | undefined {
    return this.#executors.get(keyOf(framework, id));
  }

  executorIds(framework: string): readonly string[] {
    return [...this.#executors].filter(([key]) => key.startsWith(`${framework}/`)).map(([, { executor_id }]) => executor_id.value);
  }

  message(framework: string, id: string, data: string): void {
    const ids = { agent_id: { value: this.id }, executor_id: { value: id } };
    this.receive(() => {
      if (this.executor(framework, id)) this.master?.hearExecutor(this, framework, { type: "MESSAGE", message: { ...ids, data } });
    });
  }

  shutdown(framework: string, id: string): void {
    this.receive(() => {
      const tasks = [...this.tasks.values()].filter((task) => task.framework === framework && task.info.executor?.executor_id.value === id);
      for (const task of tasks) task.end("TASK_KILLED", "the executor was shut down");
    });
  }

  /** An executor without tasks leaves. */
  #endExecutor(framework: string, id: string): void {
    const isUsed = ({ info, state, ...task }: AgentTask) =>
      task.framework === framework && info.executor?.executor_id.value === id && !isTerminal(state);
    if ([...this.tasks.values()].some(isUsed) || !this.#executors.delete(keyOf(framework, id))) return;
    const failure = { agent_id: { value: this.id }, executor_id: { value: id }, status: 0 };
    this.receive(() => this.master?.hearExecutor(this, framework, { type: "FAILURE", failure }));
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    for (const message of this.#inbox.splice(0)) message();
  }

  /** Carries out a message, immediately or, if the agent is frozen, when it continues. */
  receive(message: () => void): void {
    if (this.#isPaused) this.#inbox.push(message);
    else setImmediate(message);
  }

  launch(framework: string, info: Json): void {
    const task: AgentTask = { framework, info, state: "TASK_STAGING", updates: [], end: () => undefined };
    this.tasks.set(keyOf(framework, info.task_id.value), task);
    if (info.executor) this.#executors.set(keyOf(framework, info.executor.executor_id.value), info.executor);
    let child: ChildProcess | undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let hasEnded = false;
    task.end = (state, message) => {
      if (hasEnded) return;
      hasEnded = true;
      clearTimeout(timer);
      if (child?.pid) killGroup(child.pid);
      this.#update(task, state, message);
      if (info.executor) this.#endExecutor(framework, info.executor.executor_id.value);
    };
    const exit = (code: number) => task.end(code === 0 ? "TASK_FINISHED" : "TASK_FAILED", `Command exited with status ${code}`);
    this.receive(() => {
      if (hasEnded) return;
      this.#update(task, "TASK_RUNNING");
      if (info.executor) return;
      const { value = "" } = info.command ?? {};
      const [, verb, number] = /^(true|exit|sleep)(?: (\d+(?:\.\d+)?))?$/.exec(value) ?? [];
      if (verb === "sleep") timer = setTimeout(() => exit(0), Number(number) * 1000).unref();
      else if (verb) timer = setTimeout(() => exit(verb === "true" ? 0 : Number(number)), 1);
      else {
        child = spawn("/bin/sh", ["-c", value], { stdio: "ignore", detached: true });
        child.once("exit", (code) => exit(code ?? 1));
      }
    });
  }

  kill(framework: string, id: string): void {
    this.receive(() => this.tasks.get(keyOf(framework, id))?.end("TASK_KILLED", "Command terminated with signal Terminated"));
  }

  acknowledge(framework: string, id: string, uuid: string): void {
    this.receive(() => {
      const key = keyOf(framework, id);
      const task = this.tasks.get(key);
      if (task?.updates[0]?.uuid !== uuid) return;
      const { state } = task.updates.shift();
      if (isTerminal(state)) this.tasks.delete(key);
      else this.#tell(task);
    });
  }

  /** Ends all of a framework's tasks, of which nobody wants to hear any more. */
  forget(framework: string): void {
    for (const [key, task] of this.tasks) {
      if (task.framework !== framework) continue;
      task.end("TASK_KILLED", "Framework is gone");
      this.tasks.delete(key);
    }
    for (const key of this.#executors.keys()) if (key.startsWith(`${framework}/`)) this.#executors.delete(key);
  }

  /** Sends again what is not acknowledged, of one framework or of all. */
  tellAll(framework?: string): void {
    if (this.#isPaused) return;
    for (const task of this.tasks.values()) if (framework === undefined || task.framework === framework) this.#tell(task);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.master = undefined;
    for (const { framework } of [...this.tasks.values()]) this.forget(framework);
  }

  #update(task: AgentTask, state: string, message?: string): void {
    task.state = state;
    const uuid = Buffer.from(crypto.randomUUID().replaceAll("-", ""), "hex").toString("base64");
    const { task_id } = task.info;
    const status = {
      task_id,
      state,
      message,
      source: "SOURCE_EXECUTOR",
      agent_id: { value: this.id },
      executor_id: task.info.executor?.executor_id ?? task_id,
      uuid,
    };
    task.updates.push({ ...status, timestamp: Date.now() / 1000 });
    if (task.updates.length === 1) this.#tell(task);
  }

  #tell(task: AgentTask): void {
    const [status] = task.updates;
    if (status) this.receive(() => this.master?.hearUpdate(this, task, status));
  }
}

export const keyOf = (framework: string, task: string): string => `${framework}/${task}`;

function killGroup(pid: number): void {
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // It ended by itself.
  }
}
