/** Turns a wanted task and its placement into Mesos' description of a launch. */
import { createHash } from "node:crypto";
import type { CommandInfo, ExecutorInfo, TaskInfo } from "../protocol/shapes.ts";
import { type Need, needOf, nothingNeeded, toResources } from "./room.ts";
import type { Placement } from "./task.ts";
import type { WantedTask } from "./wanted-task.ts";

/** The id of a launch. Each has its own, since Mesos refuses known ids. */
export const taskIdOf = (id: string, attempt: number): string => `${id}.${attempt}`;

/** The task and attempt of a launch's id; undefined if it was not made by `taskIdOf`. */
export function splitTaskId(taskId: string): { readonly id: string; readonly attempt: number } | undefined {
  const found = /^(.+)\.([1-9]\d{0,8})$/s.exec(taskId);
  return found ? { id: found[1]!, attempt: Number(found[2]) } : undefined;
}

/** The id of the task's executor; undefined for commands. Executors that differ in anything get different ids, as Mesos requires. */
export function executorIdOf({ run, container }: WantedTask, taskId: string): string | undefined {
  if (run.kind === "command") return undefined;
  if (run.id === undefined) return taskId;
  return `${run.id}-${createHash("sha256")
    .update(JSON.stringify([run, container]))
    .digest("hex")
    .slice(0, 8)}`;
}

export function executorNeed({ run }: WantedTask): Need {
  return run.kind === "command" || !run.resources ? nothingNeeded : needOf(run.resources);
}

export function toTaskInfo(wanted: WantedTask, { taskId, executorId, agentId, ports }: Placement): TaskInfo {
  const { run, payload, labels, killGrace, container } = wanted;
  const shared = {
    id: taskId,
    name: wanted.name ?? wanted.id,
    agentId,
    resources: toResources(needOf(wanted.resources), ports),
    ...(payload !== undefined && { data: Buffer.from(payload, "base64") }),
    ...(labels && { labels }),
    ...(killGrace !== undefined && { killGracePeriod: toNanoseconds(killGrace) }),
  };
  if (run.kind === "executor") return { ...shared, executor: toExecutor(wanted, executorId!) };
  return { ...shared, command: withPorts(run.command, ports), ...(container && { container }) };
}

function toExecutor(wanted: WantedTask, id: string): ExecutorInfo {
  const { run, container } = wanted;
  if (run.kind === "command") throw new TypeError(`${wanted.id} has no executor`);
  return {
    id,
    command: run.command,
    resources: toResources(executorNeed(wanted), []),
    ...(run.name !== undefined && { name: run.name }),
    ...(run.payload !== undefined && { data: Buffer.from(run.payload, "base64") }),
    ...(run.shutdownGrace !== undefined && { shutdownGracePeriod: toNanoseconds(run.shutdownGrace) }),
    ...(container && { container }),
  };
}

function withPorts(command: CommandInfo, ports: readonly number[]): CommandInfo {
  if (ports.length === 0) return command;
  const named = Object.fromEntries(ports.map((port, index) => [`PORT${index}`, String(port)]));
  return { ...command, environment: { ...command.environment, ...named } };
}

export const toNanoseconds = (milliseconds: number): bigint => BigInt(Math.round(milliseconds)) * 1_000_000n;
