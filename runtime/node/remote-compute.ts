/** The computing half of a process whose compute function is at a URL: it claims and saves, and others compute. */
import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import type { Log } from "../../base/log.ts";
import type { Coordinator } from "../../coordination/coordinator.ts";
import type { Store } from "../../storage/store.ts";
import type { Config } from "../start/config.ts";
import { createFetchWithin } from "./fetch-within.ts";
import { createInvokeAt } from "./invoke-compute.ts";
import { type PullLoop, startPullLoop } from "./pull-loop.ts";

const bounds = { timeout: 300_000, mostBytes: 512 * 2 ** 20 };

/** Joins as a node of as many threads as may be invoked at a time, and starts to pull. */
export async function pullForRemote(options: {
  readonly config: Pick<Config, "threads">;
  /** Of the function's host; its path is `/compute` below that. */
  readonly computeUrl: string;
  readonly coordinator: Coordinator;
  readonly store: Store;
  readonly log: Log;
}): Promise<PullLoop> {
  const { coordinator, store, log, computeUrl } = options;
  const { threads } = options.config;
  const invoke = createInvokeAt(`${computeUrl.replace(/\/+$/, "")}/compute`, createFetchWithin(bounds));
  return startPullLoop({
    membership: await coordinator.join({ id: randomUUID(), host: `${hostname()} for ${new URL(computeUrl).host}`, threads, cacheLimit: 0 }),
    // When its columns are loaded is not known here.
    invoke: (task, { signal, onRunning }) => {
      onRunning();
      return invoke(task, { signal, onRunning });
    },
    store,
    slots: threads,
    prefers: () => false,
    cacheBytes: () => 0,
    log,
  });
}
