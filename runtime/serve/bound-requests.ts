/**
 * Refuses requests at once where too many are begun and not answered, so that their number, and with it memory and the wait of those that
 * were let in, stays bounded. Probes and metrics always come in; requests whose client asked to wait have a limit of their own
 * (`functions/admission`), since they may well wait long.
 */
import type { Meter } from "../../functions/metrics/meter.ts";
import type { Handler } from "./serve.ts";

const always = new Set(["/healthz", "/readyz", "/metrics"]);

export function boundRequests(handler: Handler, { most, meter }: { readonly most: number; readonly meter?: Meter }): Handler {
  let begun = 0;
  return async (request, environment) => {
    const { pathname } = new URL(request.url);
    if (always.has(pathname) || request.headers.has("prefer") || pathname.startsWith("/functions/")) return handler(request, environment);
    if (begun >= most) {
      meter?.count("femtoq_refused_total", "requests");
      return refusal(most);
    }
    begun++;
    try {
      return await handler(request, environment);
    } finally {
      begun--;
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
