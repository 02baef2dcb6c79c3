/** Asks a cluster as a patient client would: any of its dispatchers, and again whatever fails. */
import { setTimeout as delay } from "node:timers/promises";
import { isEnded, type Status } from "../../functions/api.ts";

export interface AskOptions {
  /** The addresses of dispatchers, which are tried in turn. They are read again before each try, so that they may change. */
  readonly urls: () => readonly string[];
  /** Seconds in which something of the query must move, until it has ended: a busy machine may need long for all of it. */
  readonly patience: number;
  readonly client?: string;
}

const pause = 100;
/** The most seconds that one request waits for the query's end. */
const wait = 5;

/** Resolves with the query's status when it has ended. Rejects with the last answer if the query has made no progress for too long. */
export async function askCluster(query: unknown, { urls, patience, client = "test" }: AskOptions): Promise<Status> {
  let moved = performance.now();
  let most = 0;
  let last: unknown = "nothing";
  for (let attempt = 0; performance.now() < moved + patience * 1000; attempt++) {
    const known = urls();
    const url = known[attempt % known.length];
    try {
      const status = url === undefined ? undefined : await postOnce(`${url}/queries`, query, client);
      if (status && isEnded(status)) return status;
      last = status ?? "there is no dispatcher";
      const done = status?.partitions.done ?? 0;
      if (done > most) [most, moved] = [done, performance.now()];
    } catch (error) {
      last = error;
    }
    await delay(pause);
  }
  throw new Error(`Nothing more of the query was done within ${patience} s; last heard: ${describe(last)}`, { cause: last });
}

/** Resolves with the query's status when it is accepted: on a busy machine a dispatcher may be without its servers for a moment. Rejects as `askCluster` does. */
export async function submitTo(url: string, query: unknown, patience: number): Promise<Status> {
  const end = performance.now() + patience * 1000;
  for (;;) {
    try {
      return await postOnce(`${url}/queries`, query, "test", 0);
    } catch (error) {
      if (performance.now() > end) throw error;
      await delay(pause);
    }
  }
}

async function postOnce(url: string, query: unknown, client: string, seconds = wait): Promise<Status> {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json", "femtoq-client": client, ...(seconds > 0 && { prefer: `wait=${seconds}` }) },
    body: JSON.stringify(query),
    // A dispatcher that does not answer is given up, and the next one is asked.
    signal: AbortSignal.timeout(2_000 * wait),
  });
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${await response.text()}`);
  return (await response.json()) as Status;
}

export interface StreamedEvent {
  readonly event: string;
  readonly status: Status;
}

/** Reads a query's events until its stream ends. */
export async function readEvents(url: string, id: string, signal: AbortSignal): Promise<readonly StreamedEvent[]> {
  const response = await fetch(`${url}/queries/${id}/events`, { headers: { accept: "text/event-stream" }, signal });
  const text = await response.text();
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${text}`);
  return text.split("\n\n").flatMap((block) => {
    const event = /^event: (.*)$/m.exec(block)?.[1];
    const data = /^data: (.*)$/m.exec(block)?.[1];
    return event === undefined || !data ? [] : [{ event, status: JSON.parse(data) as Status }];
  });
}

const describe = (last: unknown): string => (last instanceof Error ? last.message : JSON.stringify(last)).slice(0, 1000);
