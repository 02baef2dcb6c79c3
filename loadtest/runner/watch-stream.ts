/** Opens event streams over real connections: one that is read, and one that is never read. */
import { connect, type Socket } from "node:net";
import { EventSourceParserStream } from "eventsource-parser/stream";

export interface Sight {
  /** Milliseconds on the clock of this process. */
  readonly at: number;
  /** Collision events that were counted so far. */
  readonly done: number;
}

export interface Watched {
  readonly id: string;
  readonly opened: number;
  readonly sights: readonly Sight[];
  readonly fault?: string;
}

/** Reads a stream until it ends or the signal aborts. A count that falls is a fault, and so is a stream that breaks. */
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
      // Parsing the JSON of a thousand streams here would take longer than the server takes to write it.
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

/** Sends a request and never reads the answer: the buffers on the way fill, and then the server has to wait. */
export function openUnread(url: string, id: string, client: string): Promise<Socket> {
  const { hostname, port, host } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect({ host: hostname, port: Number(port || 80) }, () => {
      socket.pause();
      socket.write(`GET /queries/${id}/events HTTP/1.1\r\nHost: ${host}\r\nFemtoq-Client: ${client}\r\n\r\n`);
      // The server may close a connection that nobody reads.
      socket.off("error", reject).on("error", () => socket.destroy());
      resolve(socket);
    });
    socket.once("error", reject);
  });
}

/**
 * How many milliseconds after the first of them the other readers of a query hear of each of its steps. Steps that only one reader heard of
 * are left out.
 */
export function lagsOf(streams: readonly Watched[]): readonly number[] {
  const heard = new Map<string, number[]>();
  for (const { id, sights } of streams) {
    // The first event of a stream tells what was counted before the stream was opened, so it is no step.
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
