/**
 * Begins one request per turn of the event loop, in order of arrival: checking and compiling a query takes a millisecond or more,
 * and a hundred that arrive together would keep streams, timers and worker threads waiting for all of it.
 */
import type { Handler } from "./listening.ts";

export function oneRequestATurn(handler: Handler): Handler {
  const waiting: (() => void)[] = [];
  let scheduled = false;

  function turn(): void {
    waiting.shift()?.();
    scheduled = waiting.length > 0;
    if (scheduled) setImmediate(turn);
  }

  return async (request, environment) => {
    if (scheduled) await new Promise<void>((begin) => waiting.push(begin));
    else {
      scheduled = true;
      setImmediate(turn);
    }
    return handler(request, environment);
  };
}
