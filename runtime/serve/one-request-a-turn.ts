/**
 * Begins one request per turn of the event loop: checking and compiling a query takes a millisecond or more, and a hundred that arrive together would
 * keep streams, timers and worker threads waiting for all of it. Addresses take turns, and each one's requests begin in order of arrival: whoever sends
 * many keeps nobody else waiting.
 */
import type { HostBindings } from "../../functions/environment.ts";
import type { Handler } from "./listening.ts";

interface OfAddress {
  readonly address: string | undefined;
  readonly begins: (() => void)[];
}

export function oneRequestATurn(handler: Handler): Handler {
  /** Of each address, those first whose turn is next. */
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
