/**
 * Begins one request per turn of the event loop. Checking and compiling a query takes a millisecond or more; a hundred at once would delay streams,
 * timers and worker threads. Addresses take turns, each with its requests in order of arrival, so one that sends many delays nobody else.
 */
import type { HostBindings } from "../../functions/environment.ts";
import type { Handler } from "./listening.ts";

interface OfAddress {
  readonly address: string | undefined;
  readonly begins: (() => void)[];
}

export function oneRequestATurn(handler: Handler): Handler {
  /** The waiting requests by address; the address whose turn is next comes first. */
  const waiting: OfAddress[] = [];
  let scheduled = false;

  function turn(): void {
    const next = waiting.shift();
    next?.begins.shift()?.();
    if (next && next.begins.length > 0) waiting.push(next);
    scheduled = waiting.length > 0;
    if (scheduled) setImmediate(turn);
  }

  return async (request, environment) => {
    if (scheduled) {
      const { address } = environment as HostBindings;
      const known = waiting.find((each) => each.address === address);
      const own: OfAddress = known ?? { address, begins: [] };
      if (!known) waiting.push(own);
      await new Promise<void>((begin) => own.begins.push(begin));
    } else {
      scheduled = true;
      setImmediate(turn);
    }
    return handler(request, environment);
  };
}
