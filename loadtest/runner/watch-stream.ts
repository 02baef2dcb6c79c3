/** One reader of an event stream over a real connection, and one that never reads. */
import { connect, type Socket } from "node:net";
import { EventSourceParserStream } from "eventsource-parser/stream";

export interface Sight {
  /** Milliseconds, on the clock of this process. */
  readonly at: number;
  /** Events counted so far. */
  readonly done: number;
}

export interface Watched {
  readonly id: string;
  readonly opened: number;
  readonly sights: readonly Sight[];
  readonly fault?: string;
}

/** Reads events until the signal; counts of events never fall. */
export async function watchStream(
  url: string,
  {
    id,
    client,
    signal,
    onFirst,
  }: { readonly id: string; readonly client: string; readonly signal: AbortSignal; readonly onFirst: () => void },
): Promise<Watched> {
  const opened = performance.now();
  const sights: Sight[] = [];
  const end = (fault?: string): Watched => ({ id, opened, sights, ...(fault !== undefined && { fault }) });
  try {
    const answer = await fetch(`${url}/queries/${id}/events`, { signal, headers: { "femtoq-client": client } });
    if (!answer.ok || !answer.body) return end(`a stream answers ${answer.status}: ${await answer.text()}`);
    let before = 0;
    for await (const { event, data } of answer.body.pipeThrough(new TextDecoderStream()).pipeThrough(new EventSourceParserStream())) {
      if (event === "alive") continue;
      // Reading all of the JSON of a thousand streams would take longer than writing it.
      const done = Number(/"events":{[^}]*"done":(\d+)/.exec(data)?.[1]);
      sights.push({ at: performance.now(), done });
      if (sights.length === 1) onFirst();
      if (!(done >= before)) return end(`a stream goes back from ${before} events to ${done}`);
      before = done;
    }
    return end();
  } catch (error) {
    return end(signal.aborted ? undefined : `a stream broke: ${error instanceof Error ? (error.cause ?? error.message) : error}`);
  }
}

/** A request whose answer nobody takes in: the buffers on the way fill, and then it is the server's turn to wait. */
export function openUnread(url: string, id: string, client: string): Promise<Socket> {
  const { hostname, port, host } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect({ host: hostname, port: Number(port || 80) }, () => {
      socket.pause();
      socket.write(`GET /queries/${id}/events HTTP/1.1\r\nHost: ${host}\r\nFemtoq-Client: ${client}\r\n\r\n`);
      // The server may end what nobody reads; that is no fault of the test.
      socket.off("error", reject).on("error", () => socket.destroy());
      resolve(socket);
    });
    socket.once("error", reject);
  });
}

/** Milliseconds by which the readers of one query hear of a step of it after the first of them; steps that only one heard of have none. */
export function lagsOf(streams: readonly Watched[]): readonly number[] {
  const heard = new Map<string, number[]>();
  for (const { id, sights } of streams) {
    // The first event of a stream tells what was counted before it was opened.
    for (const [index, { at, done }] of sights.entries()) {
      if (index === 0 || done === sights[index - 1]!.done) continue;
      const key = `${id} ${done}`;
      const times = heard.get(key);
      if (times) times.push(at);
      else heard.set(key, [at]);
    }
  }
  return [...heard.values()].flatMap((times) => {
    const [first = 0, ...later] = times.toSorted((a, b) => a - b);
    return later.map((at) => at - first);
  });
}
