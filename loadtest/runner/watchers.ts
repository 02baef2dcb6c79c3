/**
 * Event streams in number: watchers of running queries over real connections, and readers that never read, whose answers must not pile up in
 * the server.
 */
import { connect, type Socket } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { EventSourceParserStream } from "eventsource-parser/stream";
import { drawTable } from "../../runtime/cli/draw-table.ts";
import { slow } from "../queries/heavy.ts";
import { readMemory } from "./read-memory.ts";
import type { Target } from "./target.ts";

export interface WatchersOptions {
  readonly watchers: number;
  readonly queries: number;
  readonly onStep: (step: string) => void;
  readonly signal: AbortSignal;
}

export interface WatchersReport {
  readonly watchers: number;
  readonly queries: number;
  /** Milliseconds from opening a stream to its first event, by share of the streams. */
  readonly firstEvent: Shares;
  /** Milliseconds between events of one stream. */
  readonly between: Shares;
  readonly events: number;
  /** Bytes of the server that the streams go to, undefined where it was not started here. */
  readonly memory?: { readonly before: number; readonly watched: number; readonly unread: number; readonly after: number };
  readonly faults: readonly string[];
}

interface Shares {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** Seconds that all watch. */
const watching = 10;
/** Connections that are opened and not read, and how long. */
const unreadStreams = 100;
const unreadSeconds = 10;
/** Bytes of the server's memory that all unread streams together may take. */
const mostUnread = 64 * 2 ** 20;

export async function watchStreams(target: Target, { watchers, queries, onStep, signal }: WatchersOptions): Promise<WatchersReport> {
  const [url] = target.urls as readonly [string, ...string[]];
  const pid = target.processes[0]?.pid;
  const memory = async () => (pid === undefined ? 0 : readMemory(pid));
  const faults: string[] = [];
  const run = 1 + Math.floor(Math.random() * 999_999);
  onStep(`asking ${queries} queries that take long`);
  const ids: string[] = [];
  for (let index = 0; index < queries; index++) ids.push(await ask(url, slow({ run, index }), index));
  try {
    const before = await memory();
    onStep(`${watchers} watchers for ${watching} s`);
    const stop = new AbortController();
    const opened = Array.from({ length: watchers }, (_, index) => watch(url, ids[index % queries]!, index, stop.signal));
    await pause(watching, signal);
    const watched = await memory();
    stop.abort();
    const streams = await Promise.all(opened);
    onStep(`${unreadStreams} readers that do not read, for ${unreadSeconds} s`);
    const sockets = await Promise.all(
      Array.from({ length: unreadStreams }, (_, index) => openUnread(url, ids[index % queries]!, `unread-${index}`)),
    );
    await pause(unreadSeconds, signal);
    const unread = await memory();
    for (const socket of sockets) socket.destroy();
    await pause(2, signal);
    const after = await memory();
    for (const { fault } of streams) if (fault && faults.length < 5) faults.push(fault);
    const silent = streams.filter(({ times }) => times.length === 0).length;
    if (silent > 0) faults.push(`${silent} streams had no event`);
    if (pid !== undefined && unread - watched > mostUnread) {
      faults.push(`${unreadStreams} streams that nobody reads took ${megabytes(unread - watched)} MB`);
    }
    return {
      watchers,
      queries,
      firstEvent: sharesOf(streams.flatMap(({ times }) => times.slice(0, 1))),
      between: sharesOf(streams.flatMap(({ times }) => times.slice(1).map((time, index) => time - times[index]!))),
      events: streams.reduce((sum, { times }) => sum + times.length, 0),
      ...(pid !== undefined && { memory: { before, watched, unread, after } }),
      faults,
    };
  } finally {
    await Promise.all(ids.map((id, index) => fetch(`${url}/queries/${id}`, { method: "DELETE", headers: headers(index) })));
  }
}

const pause = (seconds: number, signal: AbortSignal) => wait(seconds * 1000, undefined, { signal });

/** Many clients, each with a few queries: one alone may not have so many. */
const headers = (index: number) => ({ "content-type": "application/json", "femtoq-client": `watched-${index}` });

async function ask(url: string, query: object, index: number): Promise<string> {
  const answer = await fetch(`${url}/queries`, { method: "POST", headers: headers(index), body: JSON.stringify(query) });
  if (answer.status !== 202) throw new Error(`The server answers ${answer.status} to a new query: ${await answer.text()}`);
  return ((await answer.json()) as { readonly id: string }).id;
}

interface Watched {
  /** Milliseconds from the opening, of every event. */
  readonly times: readonly number[];
  readonly fault?: string;
}

/** Reads events until the signal; counts of events never fall. */
async function watch(url: string, id: string, index: number, signal: AbortSignal): Promise<Watched> {
  const start = performance.now();
  const times: number[] = [];
  let done = 0;
  try {
    const answer = await fetch(`${url}/queries/${id}/events`, { signal, headers: { "femtoq-client": `watcher-${index}` } });
    if (!answer.ok || !answer.body) return { times, fault: `a stream answers ${answer.status}: ${await answer.text()}` };
    for await (const { event, data } of answer.body.pipeThrough(new TextDecoderStream()).pipeThrough(new EventSourceParserStream())) {
      if (event === "alive") continue;
      times.push(performance.now() - start);
      // Reading all of the JSON of a thousand streams would take longer than writing it.
      const now = Number(/"events":{[^}]*"done":(\d+)/.exec(data)?.[1]);
      if (!(now >= done)) return { times, fault: `a stream goes back from ${done} events to ${now}` };
      done = now;
    }
    return { times };
  } catch (error) {
    if (signal.aborted) return { times };
    return { times, fault: `a stream broke: ${error}` };
  }
}

/** A request whose answer nobody takes in: the buffers on the way fill, and then it is the server's turn to wait. */
function openUnread(url: string, id: string, client: string): Promise<Socket> {
  const { hostname, port, host } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect({ host: hostname, port: Number(port || 80) }, () => {
      socket.pause();
      socket.write(`GET /queries/${id}/events HTTP/1.1\r\nHost: ${host}\r\nFemtoq-Client: ${client}\r\n\r\n`);
      resolve(socket);
    });
    socket.once("error", reject);
  });
}

function sharesOf(values: readonly number[]): Shares {
  const rising = values.toSorted((a, b) => a - b);
  const at = (share: number) => rising[Math.min(rising.length - 1, Math.floor(share * rising.length))] ?? Number.NaN;
  return { p50: at(0.5), p99: at(0.99), max: at(1) };
}

const megabytes = (bytes: number) => (bytes / 1e6).toFixed(0);

export function drawWatchers({ watchers, queries, events, firstEvent, between, memory, faults }: WatchersReport): string {
  const right = "right" as const;
  const row = (name: string, { p50, p99, max }: Shares) => [name, p50.toFixed(0), p99.toFixed(0), max.toFixed(0)];
  return [
    `${watchers} watchers of ${queries} queries: ${events} events`,
    "",
    ...drawTable(
      [{ head: "milliseconds" }, ...["p50", "p99", "max"].map((head) => ({ head, align: right }))],
      [row("to the first event", firstEvent), row("between events", between)],
    ),
    ...(memory
      ? [
          "",
          `memory of the server [MB]: ${megabytes(memory.before)} before, ${megabytes(memory.watched)} watched, ${megabytes(memory.unread)} with ${unreadStreams} streams that nobody reads, ${megabytes(memory.after)} after`,
        ]
      : []),
    ...faults,
    "",
  ].join("\n");
}
