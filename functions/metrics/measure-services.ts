/** Wraps store and coordinator, so that the meter learns how long their calls take, which fail, and what they hold. Otherwise they stay the same. */
import type { Coordinator } from "../../coordination/coordinator.ts";
import { countSubtasks } from "../../coordination/queue/demand.ts";
import type { Store } from "../../storage/store.ts";
import type { Meter } from "./meter.ts";
import { coordinatorOperations, type LabelOf, nodeOperations, storeOperations } from "./metrics.ts";
import { overlay } from "./overlay.ts";
import { type TimedCall, timeCalls } from "./time-calls.ts";

export function measureStore(store: Store, meter: Meter): Store {
  meter.gauge("femtoq_store_bytes", async () => (await store.usage()).bytes);
  meter.gauge("femtoq_store_limit_bytes", async () => (await store.usage()).limit);
  return timeCalls(store, storeOperations, ({ operation, start, end, isFailed }) => {
    if (isFailed) meter.count("femtoq_store_failures_total", operation);
    meter.observe("femtoq_store_seconds", operation, (end - start) / 1000);
  });
}

/** Also measures the calls of the nodes that join. */
export function measureCoordinator(coordinator: Coordinator, meter: Meter): Coordinator {
  meter.gauge("femtoq_queue_subtasks", async () => {
    const { unowned: waiting, owned: running, failed } = countSubtasks(await coordinator.demand());
    return { waiting, running, failed };
  });
  const tell = ({ operation, start, end, isFailed }: TimedCall<LabelOf<"femtoq_coordinator_seconds">>) => {
    if (isFailed) meter.count("femtoq_coordinator_failures_total", operation);
    meter.observe("femtoq_coordinator_seconds", operation, (end - start) / 1000);
  };
  const join: Coordinator["join"] = async (node) => timeCalls(await coordinator.join(node), nodeOperations, tell);
  return overlay(timeCalls(coordinator, coordinatorOperations, tell), { join });
}
