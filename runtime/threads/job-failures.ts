/** Turns failures that worker threads answer into errors. */
import { DatasetError } from "../../datasets/dataset.ts";
import { RunStopped, ScratchExhausted, StepsExceeded } from "../../engine/run/run-program.ts";
import type { FromWorker, JobFailure } from "./worker-messages.ts";
import { WorkerCrashed } from "./worker-thread.ts";

/** A program computed longer on a partition than a node allows. */
export class ComputeLimitExceeded extends Error {
  override readonly name = "ComputeLimitExceeded";

  constructor(most: number) {
    const time = most >= 60_000 ? `${most / 60_000} min` : `${most / 1000} s`;
    super(
      `Cannot compute this partition: it took a thread longer than ${time}, the most that --most-compute allows; filter events before combining`,
    );
  }
}

/** Returns the answer if it has the expected kind; otherwise throws the failure that it tells. */
export function expect<K extends FromWorker["kind"]>(message: FromWorker, kind: K): Extract<FromWorker, { kind: K }> {
  if (message.kind === kind) return message as Extract<FromWorker, { kind: K }>;
  if (message.kind === "failed") throw errorOf(message.failure);
  throw new Error(`Cannot use a worker thread's answer: expected ${kind}, got ${message.kind}`);
}

export function errorOf(failure: JobFailure): Error {
  switch (failure.kind) {
    case "dataset":
      return new DatasetError(failure.message, { permanent: failure.permanent });
    case "stopped":
      return new RunStopped("the run was stopped");
    case "scratch":
      return new ScratchExhausted("an event needs more scratch");
    case "steps":
      return new StepsExceeded(failure.message);
    case "limit":
      return new ComputeLimitExceeded(failure.milliseconds);
    case "unloaded":
      return new Error("a column was not loaded before the run");
    case "interrupted":
      return new WorkerCrashed("Its thread was ended because of another program");
    case "trap":
    case "internal":
      return new Error(failure.message);
  }
}
