/**
 * Opens many event streams at once: watchers of running queries over real connections, then connections that never read, whose events must
 * not pile up in the server.
 */
import type { Socket } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { quantile } from "../../test/support/timing.ts";
import { slow } from "../queries/heavy.ts";
import { LoadError } from "./load-error.ts";
import { readMemory } from "./measure/read-memory.ts";
import type { Target } from "./target.ts";
import { lagsOf, openUnread, watchStream } from "./watch-stream.ts";

export interface WatchersOptions {
  readonly watchers: number;
  readonly queries: number;
  readonly onStep: (step: string) => void;
  readonly signal: AbortSignal;
}

export interface WatchersReport {
  readonly watchers: number;
  readonly queries: number;
  /** The number of queries that still ran at the end. */
  readonly running: number;
  /** The milliseconds from opening a stream to its first event, when all are opened at once. */
  readonly firstEvent: Shares;
  /** The milliseconds by which the other watchers of a query get its events later than the first watcher. */
  readonly behindFirst: Shares;
  readonly events: number;
  readonly unreadStreams: number;
  /** The bytes of memory of the server with the streams; absent if it was not started here. */
  readonly memory?: { readonly before: number; readonly watched: number; readonly unread: number; readonly after: number };
  readonly faults: readonly string[];
}

export interface Shares {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** The seconds within which all streams must have a first event, and for which they are then watched. */
const longestOpening = 60;
const watching = 10;
/** The number of connections that are opened and not read, and for how many seconds. */
const unreadStreams = 100;
const unreadSeconds = 10;
/** The most bytes of the server's memory that all unread streams together may take. */
const mostUnread = 64 * 2 ** 20;
const mostFaults = 5;

export async function watchStreams(target: Target, options: WatchersOptions): Promise<WatchersReport> {
  const { queries, onStep } = options;
  const [url] = target.urls as readonly [string, ...string[]];
  const run = 1 + Math.floor(Math.random() * 999_999);
  onStep(`asking ${queries} queries that take long`);
  const ids: string[] = [];
  try {
    for (let index = 0; index < queries; index++) ids.push(await ask(url, slow({ run, index }), index));
    return await watchAll(target, ids, options);
  } finally {
    await Promise.all(
      ids.map((id, index) => fetch(`${url}/queries/${id}`, { method: "DELETE", headers: headers(index) }).then((answer) => answer.text())),
    );
  }
}

async function watchAll(target: Target, ids: readonly string[], options: WatchersOptions): Promise<WatchersReport> {
  const { watchers, queries, onStep, signal } = options;
  const [url] = target.urls as readonly [string, ...string[]];
  const pid = target.processes[0]?.pid;
  const memory = async () => (pid === undefined ? 0 : (await readMemory(pid)).resident);
  const faults: string[] = [];
  const before = await memory();

  onStep(`opening ${watchers} streams at once`);
  const stop = new AbortController();
  let opened = 0;
  const onFirst = () => void opened++;
  const watched = Array.from({ length: watchers }, (_, index) =>
    watchStream(url, { id: ids[index % queries]!, client: `watcher-${index}`, signal: stop.signal, onFirst }),
  );
  const sockets: Socket[] = [];
  try {
    const late = performance.now() + longestOpening * 1000;
    while (opened < watchers && performance.now() < late) await wait(100, undefined, { signal });
    onStep(`${opened} watchers for ${watching} s`);
    await wait(watching * 1000, undefined, { signal });
    const whileWatched = await memory();
    stop.abort();
    const streams = await Promise.all(watched);

    onStep(`${unreadStreams} readers that do not read, for ${unreadSeconds} s`);
    for (let index = 0; index < unreadStreams; index++) sockets.push(await openUnread(url, ids[index % queries]!, `unread-${index}`));
    await wait(unreadSeconds * 1000, undefined, { signal });
    const whileUnread = await memory();
    const running = await countRunning(url, ids);
    for (const socket of sockets) socket.destroy();
    await wait(2_000, undefined, { signal });
    const after = await memory();

    for (const { fault } of streams) if (fault && faults.length < mostFaults) faults.push(fault);
    const silent = streams.filter(({ sights }) => sights.length === 0).length;
    if (silent > 0) faults.push(`${silent} streams had no event`);
    if (running === 0) faults.push("all queries ended too soon for those that do not read: ask more with --queries");
    if (pid !== undefined && whileUnread - whileWatched > mostUnread)
      faults.push(`${unreadStreams} streams that nobody reads took ${((whileUnread - whileWatched) / 1e6).toFixed(0)} MB`);
    return {
      watchers,
      queries,
      running,
      firstEvent: sharesOf(streams.flatMap(({ opened: at, sights }) => sights.slice(0, 1).map((sight) => sight.at - at))),
      behindFirst: sharesOf(lagsOf(streams)),
      events: streams.reduce((sum, { sights }) => sum + sights.length, 0),
      unreadStreams,
      ...(pid !== undefined && { memory: { before, watched: whileWatched, unread: whileUnread, after } }),
      faults,
    };
  } finally {
    stop.abort();
    for (const socket of sockets) socket.destroy();
    await Promise.all(watched);
  }
}

/** Each query has a client of its own, since the server limits the queries of one client. */
const headers = (index: number) => ({
  "content-type": "application/json",
  "femtoq-client": `watched-${index}`,
  "x-forwarded-for": `10.0.${index >> 8}.${index & 255}`,
});

async function ask(url: string, query: object, index: number): Promise<string> {
  const answer = await fetch(`${url}/queries`, { method: "POST", headers: headers(index), body: JSON.stringify(query) });
  if (answer.status !== 202)
    throw new LoadError(`Cannot begin: the server answers ${answer.status} to a new query: ${await answer.text()}`);
  return ((await answer.json()) as { readonly id: string }).id;
}

async function countRunning(url: string, ids: readonly string[]): Promise<number> {
  const states = await Promise.all(
    ids.map(async (id) => ((await (await fetch(`${url}/queries/${id}`)).json()) as { readonly state?: string }).state),
  );
  return states.filter((state) => state === "running" || state === "waiting").length;
}

const sharesOf = (values: readonly number[]): Shares => ({
  p50: quantile(values, 0.5),
  p99: quantile(values, 0.99),
  max: quantile(values, 1),
});
