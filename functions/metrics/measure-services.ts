/** Wraps store and coordinator, so that the meter learns how long their calls take, which fail, and what they hold. Otherwise they stay the same. */
import type { Coordinator } from "../../coordination/coordinator.ts";
import { countSubtasks } from "../../coordination/queue/demand.ts";
import type { Store } from "../../storage/store.ts";
import type { Meter } from "./meter.ts";
import { coordinatorOperations, type LabelOf, nodeOperations, storeOperations } from "./metrics.ts";
import { overlay } from "./overlay.ts";

export function measureStore(store: Store, meter: Meter): Store {
  meter.gauge("femtoq_store_bytes", async () => (await store.usage()).bytes);
  meter.gauge("femtoq_store_limit_bytes", async () => (await store.usage()).limit);
  return measureCalls(store, storeOperations, (operation, seconds, isFailed) => {
    if (isFailed) meter.count("femtoq_store_failures_total", operation);
    meter.observe("femtoq_store_seconds", operation, seconds);
  });
}

/** Also measures the calls of the nodes that join. */
export function measureCoordinator(coordinator: Coordinator, meter: Meter): Coordinator {
  meter.gauge("femtoq_queue_subtasks", async () => {
    const { unowned: waiting, owned: running, failed } = countSubtasks(await coordinator.demand());
    return { waiting, running, failed };
  });
  const tell = (operation: LabelOf<"femtoq_coordinator_seconds">, seconds: number, isFailed: boolean) => {
    if (isFailed) meter.count("femtoq_coordinator_failures_total", operation);
    meter.observe("femtoq_coordinator_seconds", operation, seconds);
  };
  const join: Coordinator["join"] = async (node) => measureCalls(await coordinator.join(node), nodeOperations, tell);
  return overlay(measureCalls(coordinator, coordinatorOperations, tell), { join });
}

function measureCalls<Target extends object, Operation extends keyof Target & string>(
  target: Target,
  operations: readonly Operation[],
  tell: (operation: Operation, seconds: number, isFailed: boolean) => void,
): Target {
  const measured: Partial<Record<Operation, unknown>> = {};
  for (const operation of operations) {
    const call = (target[operation] as (...args: unknown[]) => Promise<unknown>).bind(target);
    measured[operation] = async (...args: unknown[]) => {
      const start = performance.now();
      let isFailed = true;
      try {
        const result = await call(...args);
        isFailed = false;
        return result;
      } finally {
        tell(operation, (performance.now() - start) / 1000, isFailed);
      }
    };
  }
  return overlay(target, measured as Partial<Target>);
}
