/**
 * Runs an executor: starts a child for each task, reports its state to the agent, and ends after the last task.
 *
 *   launch → running → finished | failed       as the child ends
 *                    → killed                  told to, by a KILL, a SHUTDOWN, or an agent that is gone for too long
 *
 * Guarantees: exactly one terminal update for each launched task. It ends when all tasks have ended and the agent has acknowledged their updates, or
 * `longestWait` later, since an agent does not acknowledge updates of tasks that it does not know. Without checkpointing it does not outlive its
 * connection.
 */
import { join } from "node:path";
import type { Log } from "../../../base/log.ts";
import type { ExecutorConnection } from "../protocol/connection.ts";
import type { ExecutorEvent } from "../protocol/events.ts";
import type { Nanoseconds, TaskInfo } from "../protocol/shapes.ts";
import { type Child, startChild } from "./child.ts";
import { describeEnd } from "./describe-end.ts";
import type { ExecutorEnvironment } from "./environment.ts";
import type { Outbox } from "./outbox.ts";
import { readProgram } from "./task-program.ts";

export interface ExecutorOptions {
  readonly connection: ExecutorConnection;
  readonly outbox: Outbox;
  readonly environment: Pick<ExecutorEnvironment, "sandbox" | "shutdownGrace" | "checkpoint">;
  /** The environment of children, to which their task adds variables. */
  readonly childEnvironment: NodeJS.ProcessEnv;
  /** The command that starts Femtoq's server, without options. */
  readonly nodeCommand: readonly [string, ...string[]];
  readonly log: Log;
  /** The milliseconds to wait for acknowledgements after all tasks have ended. */
  readonly longestWait?: number;
}

interface Running {
  readonly info: TaskInfo;
  readonly child: Child;
  isKilled: boolean;
}

/** The milliseconds of grace of a KILL, if neither it nor the task states one. */
const usualKillGrace = 5_000;
/** The share of the time to shut down that children get; the rest is for reporting their ends. */
const childrenShare = 0.7;

/** Resolves when the executor has nothing more to do; rejects if the agent refuses it. In both cases no task runs any more. */
export async function runExecutor(options: ExecutorOptions): Promise<void> {
  const { connection, outbox, environment, log, longestWait = 10_000 } = options;
  const { checkpoint, shutdownGrace } = environment;
  const running = new Map<string, Running>();
  const known = new Set<string>();
  let recovery: NodeJS.Timeout | undefined;
  let leaving: NodeJS.Timeout | undefined;
  let isStopping = false;
  let hasLeft = false;
  /** True after a task without a program: the executor then answers messages, and only ends when told to. */
  let isEchoing = false;

  try {
    for await (const event of connection.events) await handle(event);
  } finally {
    // Also runs if the agent refuses the executor, for instance after it lost its own state.
    hasLeft = true;
    clearTimeout(recovery);
    clearTimeout(leaving);
    endAll(childrenShare * shutdownGrace);
    await Promise.all([...running.values()].map(({ child }) => child.ended));
  }

  async function handle(event: ExecutorEvent | { readonly kind: "disconnected"; readonly reason: string }): Promise<void> {
    switch (event.kind) {
      case "subscribed":
        clearTimeout(recovery);
        return outbox.connect();
      case "disconnected":
        return loseAgent(event.reason);
      case "launch":
        return event.tasks.forEach(launch);
      case "kill":
        return kill(event.taskId, event.gracePeriod);
      case "acknowledged":
        outbox.acknowledge(event.taskId, event.uuid);
        return leaveWhenDone();
      case "message":
        return void connection
          .send({ kind: "message", data: event.data })
          .catch((err: unknown) => log.warn({ err }, "a message was not answered"));
      case "shutdown":
        return stop("the agent shuts the executor down");
      case "error":
        return log.error({ message: event.message }, "the agent reports an error");
    }
  }

  function launch(info: TaskInfo): void {
    if (known.has(info.id)) return;
    known.add(info.id);
    clearTimeout(leaving);
    outbox.launched(info);
    const program = readProgram(info);
    if (program.kind === "echo") {
      isEchoing = true;
      const data = info.data && { data: info.data };
      outbox.update(info.id, "TASK_RUNNING", data);
      outbox.update(info.id, "TASK_FINISHED", data);
      return;
    }
    const { sandbox } = environment;
    const stderr = join(sandbox, `${info.id}.stderr`);
    const [name, ...words] = program.kind === "node" ? [...options.nodeCommand, ...program.arguments] : wordsOf(program.command);
    const own = program.kind === "node" ? { FEMTOQ_TASK: info.id } : program.command.environment;
    const child = startChild({
      program: name!,
      arguments: words,
      environment: { ...options.childEnvironment, MESOS_TASK_ID: info.id, ...own },
      directory: sandbox,
      stdout: join(sandbox, `${info.id}.stdout`),
      stderr,
      orphanGrace: childrenShare * shutdownGrace,
    });
    const task: Running = { info, child, isKilled: false };
    running.set(info.id, task);
    if (child.isStarted) outbox.update(info.id, "TASK_RUNNING");
    void child.ended.then(async (end) => {
      const { state, message } = await describeEnd(end, { isKilled: task.isKilled, stderr });
      running.delete(info.id);
      outbox.update(info.id, state, { message });
      log.info({ task: info.id, state, message }, "a task has ended");
      leaveWhenDone();
    });
    if (isStopping) endOne(task, 0);
  }

  function kill(taskId: string, gracePeriod: Nanoseconds | undefined): void {
    const task = running.get(taskId);
    if (task) endOne(task, toMilliseconds(gracePeriod ?? task.info.killGracePeriod) ?? usualKillGrace);
  }

  function endOne(task: Running, grace: number): void {
    task.isKilled = true;
    task.child.end(grace);
  }

  function endAll(most: number): void {
    for (const task of running.values()) endOne(task, Math.min(most, toMilliseconds(task.info.killGracePeriod) ?? most));
  }

  function stop(why: string): void {
    if (isStopping) return;
    isStopping = true;
    log.info({ tasks: running.size }, `stopping: ${why}`);
    endAll(childrenShare * shutdownGrace);
    leaveWhenDone();
  }

  function loseAgent(reason: string): void {
    outbox.disconnect();
    if (checkpoint === undefined) {
      stop(`the agent is gone, and tasks are not checkpointed: ${reason}`);
      return void connection.close();
    }
    log.warn({ reason }, "the agent is gone; waiting for it");
    clearTimeout(recovery);
    recovery = setTimeout(() => {
      stop(`the agent has not come back in ${checkpoint.recoveryTimeout / 1000} s`);
      void connection.close();
    }, checkpoint.recoveryTimeout);
  }

  function leaveWhenDone(): void {
    if (hasLeft || running.size > 0 || (known.size === 0 && !isStopping) || (isEchoing && !isStopping)) return;
    clearTimeout(leaving);
    if (outbox.unacknowledgedUpdates.length === 0) return void connection.close();
    leaving = setTimeout(
      () => {
        log.warn({ updates: outbox.unacknowledgedUpdates.length }, "leaving although not everything was acknowledged");
        void connection.close();
      },
      isStopping ? Math.min(longestWait, shutdownGrace) : longestWait,
    );
  }
}

const wordsOf = ({ value, arguments: words }: { readonly value: string; readonly arguments?: readonly string[] }): readonly string[] =>
  words === undefined ? ["/bin/sh", "-c", value] : [value, ...words.slice(1)];

const toMilliseconds = (time: Nanoseconds | undefined): number | undefined =>
  time === undefined ? undefined : Number(time / 1_000n) / 1000;
