/** Turns errors on a worker thread into what it answers (`job-failures.ts` turns that into errors again). */
import { DatasetError } from "../../datasets/dataset.ts";
import { RowsTooLarge } from "../../engine/rows/collect-rows.ts";
import { RunStopped, ScratchExhausted, StepsExceeded } from "../../engine/run/run-program.ts";
import type { JobFailure } from "./worker-messages.ts";

export function describe(error: unknown): JobFailure {
  if (error instanceof DatasetError) return { kind: "dataset", message: error.message, permanent: error.permanent };
  if (error instanceof RowsTooLarge) return { kind: "dataset", message: error.message, permanent: true };
  if (error instanceof RunStopped) return { kind: "stopped" };
  if (error instanceof ScratchExhausted) return { kind: "scratch" };
  if (error instanceof StepsExceeded) return { kind: "steps", message: error.message };
  const kind = error instanceof WebAssembly.RuntimeError ? "trap" : "internal";
  return { kind, message: error instanceof Error ? (error.stack ?? error.message) : String(error) };
}
