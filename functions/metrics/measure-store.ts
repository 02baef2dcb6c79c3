/** A store that tells the meter how long its calls took and which failed. */
import type { Store } from "../../storage/store.ts";
import type { Meter } from "./meter.ts";
import { storeOperations } from "./metrics.ts";
import { overlay } from "./overlay.ts";

export function measureStore(store: Store, meter: Meter): Store {
  const measured: Record<string, unknown> = {};
  for (const operation of storeOperations) {
    const call = store[operation].bind(store) as (...args: unknown[]) => Promise<unknown>;
    measured[operation] = async (...args: unknown[]) => {
      const start = performance.now();
      try {
        return await call(...args);
      } catch (error) {
        meter.count("femtoq_store_failures_total", operation);
        throw error;
      } finally {
        meter.observe("femtoq_store_seconds", operation, (performance.now() - start) / 1000);
      }
    };
  }
  return overlay(store, measured as Partial<Store>);
}
