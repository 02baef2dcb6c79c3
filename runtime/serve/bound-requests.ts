/**
 * Refuses requests at once where too many are begun and not answered, so that their number, and with it memory and the wait of those that
 * were let in, stays bounded. Probes and metrics always come in. A request counts from its head on, however slowly its body comes, until it is answered
 * or its function calls `leaveLimit`: a client that asked to wait is then counted by the limit for those (`functions/admission`).
 */

import type { HostBindings } from "../../functions/environment.ts";
import type { Meter } from "../../functions/metrics/meter.ts";
import type { Handler } from "./listening.ts";

const always = new Set(["/healthz", "/readyz", "/metrics"]);

export function boundRequests(handler: Handler, { most, meter }: { readonly most: number; readonly meter?: Meter }): Handler {
  let begun = 0;
  return async (request, environment) => {
    const { pathname } = new URL(request.url);
    if (always.has(pathname)) return handler(request, environment);
    if (begun >= most) {
      meter?.count("femtoq_refused_total", "requests");
      return refusal(most);
    }
    begun++;
    let isCounted = true;
    const leaveLimit = () => {
      if (isCounted) begun--;
      isCounted = false;
    };
    try {
      // Not a copy: on Deno the host's object has getters.
      return await handler(request, Object.assign(environment, { leaveLimit } satisfies HostBindings));
    } finally {
      leaveLimit();
    }
  };
}

function refusal(most: number): Response {
  const detail = `This server has ${most} requests to answer, and takes no more at a time: ask again soon.`;
  const problem = { type: "urn:femtoq:problem:overloaded", title: "Unavailable", status: 503, code: "overloaded", detail };
  return new Response(JSON.stringify(problem), {
    status: 503,
    headers: { "content-type": "application/problem+json", "retry-after": "1" },
  });
}
