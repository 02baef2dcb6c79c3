/**
 * A scheduler's record in one file, without ZooKeeper. It is a journal with one line of JSON for each change. A crash can only tear the last line, whose
 * write had then not resolved. Opening the record replaces the file atomically by one with only the current state.
 *
 * One process at a time can open it.
 */
import { type FileHandle, open, readFile, rename } from "node:fs/promises";
import type { RecordChange } from "../scheduler/scheduler-state.ts";
import type { Task } from "../scheduler/task.ts";
import { holdPath } from "./hold-path.ts";
import { RecordError, type SchedulerRecord } from "./scheduler-record.ts";

const form = "femtoq-mesos-1";

type Line =
  | { readonly form: typeof form }
  | { readonly framework: string }
  | { readonly task: Task }
  | { readonly removed: string }
  | { readonly cleared: true };

export async function openFileRecord(path: string): Promise<SchedulerRecord> {
  const refuse = (pid: number, lock: string) =>
    new RecordError(
      `Cannot use ${path}: process ${pid} has it; end that one first, or give another file (where it is none of femtoq, remove ${lock})`,
    );
  const release = await holdPath(path, refuse).catch((error: unknown) => {
    throw error instanceof RecordError
      ? error
      : new RecordError(`Cannot write beside ${path}: ${(error as Error).message}`, { cause: error });
  });
  try {
    const { frameworkId, tasks } = await readJournal(path);
    const lines: Line[] = [
      { form },
      ...(frameworkId === undefined ? [] : [{ framework: frameworkId }]),
      ...tasks.map((task) => ({ task })),
    ];
    const file = await replaceFile(path, toText(lines));
    return new FileRecord(file, { frameworkId, tasks, release });
  } catch (error) {
    await release();
    throw error;
  }
}

class FileRecord implements SchedulerRecord {
  readonly frameworkId: string | undefined;
  readonly tasks: readonly Task[];
  readonly lost = new AbortController().signal;
  readonly #file: FileHandle;
  readonly #release: () => Promise<void>;

  constructor(
    file: FileHandle,
    { frameworkId, tasks, release }: Pick<SchedulerRecord, "frameworkId" | "tasks"> & { readonly release: () => Promise<void> },
  ) {
    this.#file = file;
    this.#release = release;
    this.frameworkId = frameworkId;
    this.tasks = tasks;
  }

  write(changes: Parameters<SchedulerRecord["write"]>[0]): Promise<void> {
    return this.#append(changes.map(toLine));
  }

  clear(): Promise<void> {
    return this.#append([{ cleared: true }]);
  }

  async close(): Promise<void> {
    await this.#file.close();
    await this.#release();
  }

  async #append(lines: readonly Line[]): Promise<void> {
    await this.#file.appendFile(toText(lines));
    await this.#file.datasync();
  }
}

const toText = (lines: readonly Line[]): string => lines.map((line) => `${JSON.stringify(line)}\n`).join("");

function toLine(change: RecordChange | { readonly kind: "framework"; readonly frameworkId: string }): Line {
  switch (change.kind) {
    case "put":
      return { task: change.task };
    case "remove":
      return { removed: change.id };
    case "framework":
      return { framework: change.frameworkId };
  }
}

async function readJournal(path: string): Promise<Pick<SchedulerRecord, "frameworkId" | "tasks">> {
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return "";
    throw new RecordError(`Cannot read the state in ${path}: ${error.message}`, { cause: error });
  });
  let frameworkId: string | undefined;
  const tasks = new Map<string, Task>();
  // Text after the last line break was being written at a crash.
  const lines = text.split("\n").slice(0, -1);
  for (const [index, each] of lines.entries()) {
    const line = parseLine(each);
    if (index === 0 ? !(line && "form" in line && line.form === form) : line === undefined) {
      throw new RecordError(`Cannot use ${path} as the state: line ${index + 1} was not written by this version of femtoq mesos`);
    }
    if (line === undefined) continue;
    if ("framework" in line) frameworkId = line.framework || undefined;
    else if ("task" in line) tasks.set(line.task.wanted.id, line.task);
    else if ("removed" in line) tasks.delete(line.removed);
    else if ("cleared" in line) {
      frameworkId = undefined;
      tasks.clear();
    }
  }
  if (text !== "" && lines.length === 0) throw new RecordError(`Cannot use ${path} as the state: it is no state of femtoq mesos`);
  return { frameworkId, tasks: [...tasks.values()] };
}

function parseLine(text: string): Line | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Line) : undefined;
  } catch {
    return undefined;
  }
}

async function replaceFile(path: string, text: string): Promise<FileHandle> {
  const draft = `${path}.new`;
  const file = await open(draft, "w", 0o600).catch((error: NodeJS.ErrnoException) => {
    throw new RecordError(`Cannot write the state to ${path}: ${error.message}`, { cause: error });
  });
  await file.appendFile(text);
  await file.sync();
  await rename(draft, path);
  return file;
}
