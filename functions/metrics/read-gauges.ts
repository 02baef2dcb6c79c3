/** What store and coordinator say of themselves when somebody looks at the metrics. */
import type { Coordinator } from "../../coordination/coordinator.ts";
import { countSubtasks } from "../../coordination/queue/demand.ts";
import type { Store } from "../../storage/store.ts";
import type { Meter } from "./meter.ts";

export function readGauges(meter: Meter, { store, coordinator }: { readonly store: Store; readonly coordinator: Coordinator }): void {
  meter.gauge("femtoq_queue_subtasks", async () => {
    const { unowned: waiting, owned: running, failed } = countSubtasks(await coordinator.demand());
    return { waiting, running, failed };
  });
  meter.gauge("femtoq_store_bytes", async () => (await store.usage()).bytes);
  meter.gauge("femtoq_store_limit_bytes", async () => (await store.usage()).limit);
}
