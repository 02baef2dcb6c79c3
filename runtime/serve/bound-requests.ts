/**
 * Bounds the number of requests that are not answered yet, and with it memory and waiting times: further ones are refused at once. One address may have
 * half of them. Probes and metrics are always admitted. A request counts from the arrival of its head until it is answered or its function calls
 * `leaveLimit`; a client that asked to wait is then counted by another limit (`functions/admission`).
 */

import { type Place, Tally } from "../../functions/admission/tally.ts";
import type { HostBindings } from "../../functions/environment.ts";
import { answerProblem, HttpProblem } from "../../functions/http/problem.ts";
import type { Meter } from "../../functions/metrics/meter.ts";
import type { Handler } from "./listening.ts";

const always = /^https?:\/\/[^/]+\/(healthz|readyz|metrics)(\?|$)/;

export function boundRequests(handler: Handler, { most, meter }: { readonly most: number; readonly meter?: Meter }): Handler {
  const begun = new Tally({
    what: "requests to be answered",
    most,
    mostOfAddress: Math.ceil(most / 2),
    limits: { all: "requests", client: "client-requests" },
    meter,
  });
  return async (request, environment) => {
    if (always.test(request.url)) return handler(request, environment);
    let place: Place;
    try {
      place = begun.enter({ name: "", address: (environment as HostBindings).address });
    } catch (error) {
      if (error instanceof HttpProblem) return answerProblem(error);
      throw error;
    }
    using _place = place;
    const leaveLimit = () => place[Symbol.dispose]();
    // Changed in place, not copied, since on Deno the host's object has getters.
    return await handler(request, Object.assign(environment, { leaveLimit } satisfies HostBindings));
  };
}
