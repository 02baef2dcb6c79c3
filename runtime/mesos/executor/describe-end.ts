/** Derives the final state of a task, and a message, from how its child ended. Tells if memory ran out. */
import { open } from "node:fs/promises";
import type { TaskState } from "../protocol/shapes.ts";
import type { ChildEnd } from "./child.ts";

/** How many bytes at the end of standard error are searched. */
const mostRead = 8_192;

/** `stderr` is the path of the file with the child's standard error. */
export async function describeEnd(
  end: ChildEnd,
  { isKilled, stderr }: { readonly isKilled: boolean; readonly stderr: string },
): Promise<{ readonly state: TaskState; readonly message: string }> {
  if (end.kind === "not-started") return { state: "TASK_FAILED", message: `could not be started: ${end.reason}` };
  const how = end.kind === "exited" ? `exited with status ${end.code}` : `was ended by ${end.signal}`;
  if (isKilled) return { state: "TASK_KILLED", message: `was told to end, and ${how}` };
  if (end.kind === "exited" && end.code === 0) return { state: "TASK_FINISHED", message: how };
  return { state: "TASK_FAILED", message: `${how}${await explain(end, stderr)}` };
}

async function explain(end: ChildEnd, stderr: string): Promise<string> {
  if (/heap out of memory|Cannot allocate memory/.test(await readEnd(stderr))) return ": out of memory";
  return end.kind === "signalled" && end.signal === "SIGKILL" ? ", as the system does where memory runs out" : "";
}

async function readEnd(path: string): Promise<string> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const from = Math.max(0, size - mostRead);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(size - from), 0, size - from, from);
    return buffer.toString("latin1", 0, bytesRead);
  } finally {
    await file.close();
  }
}
