/**
 * Begins one request per turn of the event loop: checking and compiling a query takes a millisecond or more, and a hundred that arrive together would
 * keep streams, timers and worker threads waiting for all of it. Addresses take turns, and each one's requests begin in order of arrival: whoever sends
 * many keeps nobody else waiting.
 */
import type { HostBindings } from "../../functions/environment.ts";
import type { Handler } from "./listening.ts";

export function oneRequestATurn(handler: Handler): Handler {
  /** By address, those first whose turn is next. */
  const waiting = new Map<string | undefined, (() => void)[]>();
  let scheduled = false;

  function turn(): void {
    const [next] = waiting;
    if (next) {
      const [address, requests] = next;
      requests.shift()!();
      waiting.delete(address);
      if (requests.length > 0) waiting.set(address, requests);
    }
    scheduled = waiting.size > 0;
    if (scheduled) setImmediate(turn);
  }

  return async (request, environment) => {
    if (scheduled) {
      const { address } = environment as HostBindings;
      const requests = waiting.get(address) ?? [];
      waiting.set(address, requests);
      await new Promise<void>((begin) => requests.push(begin));
    } else {
      scheduled = true;
      setImmediate(turn);
    }
    return handler(request, environment);
  };
}
