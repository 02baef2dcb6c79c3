/**
 * Sends a query and follows it to its end, telling progress on the way. Over a dataset that is still being made, the query is asked again
 * until the dataset is complete. When the signal aborts, the interest in the query is withdrawn before the reason is thrown.
 */
import { pause } from "../../base/pause.ts";
import { isEnded, type Status } from "../../functions/api.ts";
import type { ApiClient } from "../../functions/client/api-client.js";

export interface FollowOptions {
  readonly api: ApiClient;
  /** Sends the query. It is called again while the dataset grows. */
  readonly ask: (signal: AbortSignal) => Promise<Status>;
  readonly onProgress: (status: Status) => void;
  readonly signal: AbortSignal;
}

/** In milliseconds: between looks at a dataset that grows, for a withdrawal to be answered, and without a connection before giving up. */
const growthInterval = 500;
const withdrawalPatience = 2000;
const patience = 30_000;

export async function followToEnd({ api, ask, onProgress, signal }: FollowOptions): Promise<Status> {
  let id: string | undefined;
  try {
    for (;;) {
      const first = await ask(signal);
      id = first.id;
      onProgress(first);
      const last = isEnded(first) ? first : { ...(await follow(first)), submission: first.submission };
      if (last.state !== "done" || !first.preparing) return last as Status;
      await grown(first.dataset, first.preparing.entries);
    }
  } catch (error) {
    if (signal.aborted && id !== undefined) await withdraw(id);
    throw error;
  }

  async function follow(first: Status): Promise<Status> {
    let last = first;
    for await (const status of api.follow(first.id, { signal, patience })) {
      last = status;
      onProgress(first.preparing ? { ...status, preparing: first.preparing } : status);
    }
    return last;
  }

  async function grown(dataset: string, entries: number): Promise<void> {
    for (;;) {
      await pause(growthInterval, signal);
      const { preparing } = await api.dataset(dataset, signal);
      if (!preparing || preparing.entries > entries) return;
    }
  }

  /** Its errors are ignored: a server that is gone has nothing to withdraw from, and the reason for stopping matters more. */
  async function withdraw(query: string): Promise<void> {
    await api.cancel(query, AbortSignal.timeout(withdrawalPatience)).catch(() => undefined);
  }
}
