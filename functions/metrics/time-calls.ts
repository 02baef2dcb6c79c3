/** Times the calls of an object's asynchronous functions. */
import { overlay } from "./overlay.ts";

/** A call that has ended. Times are milliseconds on the clock of `performance.now()`. */
export interface TimedCall<Operation> {
  readonly operation: Operation;
  readonly start: number;
  readonly end: number;
  readonly isFailed: boolean;
}

/** Returns the object with `tell` called after each call of one of these functions, and otherwise the same. */
export function timeCalls<Target extends object, Operation extends keyof Target & string>(
  target: Target,
  operations: readonly Operation[],
  tell: (call: TimedCall<Operation>) => void,
): Target {
  const timed: Partial<Record<Operation, unknown>> = {};
  for (const operation of operations) {
    const call = (target[operation] as (...args: unknown[]) => Promise<unknown>).bind(target);
    timed[operation] = async (...args: unknown[]) => {
      const start = performance.now();
      let isFailed = true;
      try {
        const result = await call(...args);
        isFailed = false;
        return result;
      } finally {
        tell({ operation, start, end: performance.now(), isFailed });
      }
    };
  }
  return overlay(target, timed as Partial<Target>);
}
