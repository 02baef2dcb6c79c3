/** Questions to a cluster, asked as a patient client would: of any of its dispatchers, again after whatever fails. */
import { setTimeout as delay } from "node:timers/promises";
import { isEnded, type Status } from "../../functions/api.ts";

export interface AskOptions {
  /** Dispatchers, tried in turn; read again before each try, so that they may change. */
  readonly urls: () => readonly string[];
  /** Seconds until the query must have ended. */
  readonly patience: number;
  readonly client?: string;
}

const pause = 100;
/** Seconds for which one request may wait for the end. */
const wait = 5;

/** The query's status when it has ended. Rejects with what was heard last where it has not by then. */
export async function askCluster(query: unknown, { urls, patience, client = "test" }: AskOptions): Promise<Status> {
  const until = performance.now() + patience * 1000;
  let last: unknown = "nothing";
  for (let attempt = 0; performance.now() < until; attempt++) {
    const known = urls();
    const url = known[attempt % known.length];
    try {
      const status = url === undefined ? undefined : await postOnce(`${url}/queries`, query, client);
      if (status && isEnded(status)) return status;
      last = status ?? "there is no dispatcher";
    } catch (error) {
      last = error;
    }
    await delay(pause);
  }
  throw new Error(`The query did not end within ${patience} s; last heard: ${describe(last)}`, { cause: last });
}

async function postOnce(url: string, query: unknown, client: string): Promise<Status> {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json", "femtoq-client": client, prefer: `wait=${wait}` },
    body: JSON.stringify(query),
    // Whoever does not answer is asked again, or another one is.
    signal: AbortSignal.timeout(2_000 * wait),
  });
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${await response.text()}`);
  return (await response.json()) as Status;
}

export interface StreamedEvent {
  readonly event: string;
  readonly status: Status;
}

/** A query's events until its stream ends. */
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
