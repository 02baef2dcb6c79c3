/** A coordinator that tells the meter how long its calls took, those on its claims included, and which failed. */
import type { Coordinator } from "../../coordination/coordinator.ts";
import type { Meter } from "./meter.ts";
import type { coordinatorOperations } from "./metrics.ts";
import { overlay } from "./overlay.ts";

type Operation = (typeof coordinatorOperations)[number];

export function measureCoordinator(coordinator: Coordinator, meter: Meter): Coordinator {
  const timed = async <T>(operation: Operation, call: () => Promise<T>): Promise<T> => {
    const start = performance.now();
    try {
      return await call();
    } catch (error) {
      meter.count("femtoq_coordinator_failures_total", operation);
      throw error;
    } finally {
      meter.observe("femtoq_coordinator_seconds", operation, (performance.now() - start) / 1000);
    }
  };
  return overlay(coordinator, {
    enqueue: (request) => timed("enqueue", () => coordinator.enqueue(request)),
    states: (keys) => timed("states", () => coordinator.states(keys)),
    renew: (queryId, client) => timed("renew", () => coordinator.renew(queryId, client)),
    withdraw: (queryId, client) => timed("withdraw", () => coordinator.withdraw(queryId, client)),
    retry: (request) => timed("retry", () => coordinator.retry(request)),
    async join(node) {
      const joined = await coordinator.join(node);
      return overlay(joined, {
        complete: (claims) => timed("complete", () => joined.complete(claims)),
        fail: (claim, cause, options) => timed("fail", () => joined.fail(claim, cause, options)),
        release: (claims) => timed("release", () => joined.release(claims)),
      });
    },
  });
}
