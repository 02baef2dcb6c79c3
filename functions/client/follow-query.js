/**
 * Follows the progress of a query by server-sent events, read with `fetch`, since an `EventSource` cannot send the client's name. While another tab has
 * the turn to stream, it asks for the status every second instead.
 * Guarantee: it ends after a last status, or throws. A stream that breaks or falls silent is opened again, after a longer pause each time. A status that
 * arrives twice does no harm, since each is complete.
 *
 * @import { Status } from "../api.ts"
 */
import { createParser } from "eventsource-parser";
import { pause } from "./pause.js";
import { NotReached, RequestFailed, readProblem } from "./request-errors.js";

/**
 * @typedef {object} StreamTurn
 * @property {AbortSignal} taken aborts when the turn to stream comes; if it is aborted already, the turn has come
 * @property {AbortSignal} lost aborts when another takes the turn
 *
 * @typedef {object} FollowOptions
 * @property {typeof globalThis.fetch} fetch
 * @property {Readonly<Record<string, string>>} headers
 * @property {AbortSignal} signal its reason is thrown
 * @property {number} [patience] milliseconds without a connection before `NotReached`
 * @property {number} [silence] milliseconds without a byte before the stream counts as broken
 * @property {(connected: boolean) => void} [onConnection]
 * @property {StreamTurn} [turn] if absent, the turn is always there
 */

const ends = new Set(["done", "failed", "cancelled"]);
const mostEventBytes = 256 * 2 ** 20;
/** In milliseconds: after each attempt without a status, the pause before the next one grows by `pauseStep`, up to `longestPause`. */
const pauseStep = 100;
const longestPause = 5000;
/** The milliseconds between requests for the status of a query that is not streamed. */
const lookEvery = 1000;

/**
 * @param {string} url of the query
 * @param {FollowOptions} options
 * @returns {AsyncGenerator<Status>}
 */
export async function* followQuery(url, options) {
  const { signal, patience = 60_000, onConnection, turn } = options;
  let lastHeard = Date.now();
  let attempts = 0;
  for (;;) {
    /** @type {unknown} */
    let broken = new Error("the server ended the stream");
    const isStreamed = !turn || turn.taken.aborted;
    const lost = isStreamed ? turn?.lost : undefined;
    try {
      const statuses = isStreamed ? readEvents(url, { ...options, lost }) : readStatus(url, options);
      for await (const { status, last } of statuses) {
        onConnection?.(true);
        lastHeard = Date.now();
        attempts = 0;
        yield status;
        if (last) return;
      }
      if (turn && !isStreamed) {
        await pause(lookEvery, AbortSignal.any([signal, turn.taken])).catch(() => signal.throwIfAborted());
        continue;
      }
    } catch (error) {
      signal.throwIfAborted();
      if (lost?.aborted) continue;
      if (error instanceof RequestFailed && error.problem.status < 500) throw error;
      broken = error;
    }
    onConnection?.(false);
    if (Date.now() - lastHeard > patience) throw broken instanceof NotReached ? broken : new NotReached(new URL(url).origin, broken);
    await pause(Math.min(++attempts * pauseStep, longestPause), signal);
  }
}

/**
 * @typedef {AsyncGenerator<{ readonly status: Status, readonly last: boolean }>} Statuses
 *
 * @param {string} url
 * @param {FollowOptions} options
 * @returns {Statuses} one
 */
async function* readStatus(url, { fetch, headers, signal, silence = 60_000 }) {
  const either = AbortSignal.any([signal, AbortSignal.timeout(silence)]);
  const response = await fetch(url, { headers: { ...headers, accept: "application/json" }, signal: either });
  if (!response.ok) throw new RequestFailed(await readProblem(response));
  const status = await response.json();
  yield { status, last: ends.has(status.state) };
}

/**
 * @param {string} url
 * @param {FollowOptions & { readonly lost?: AbortSignal | undefined }} options
 * @returns {Statuses}
 */
async function* readEvents(url, { fetch, headers, signal, lost, silence = 60_000 }) {
  const watchdog = new AbortController();
  let timer = setTimeout(expire, silence);
  function expire() {
    watchdog.abort(new Error(`nothing came for ${silence / 1000} s`));
  }
  try {
    const either = AbortSignal.any([signal, watchdog.signal, ...(lost ? [lost] : [])]);
    const response = await fetch(`${url}/events`, { headers: { ...headers, accept: "text/event-stream" }, signal: either });
    if (!response.ok) throw new RequestFailed(await readProblem(response));
    if (!response.body) return;
    /** @type {{ readonly status: Status, readonly last: boolean }[]} */
    const events = [];
    const parser = createParser({
      maxBufferSize: mostEventBytes,
      onEvent: ({ event = "", data }) => {
        if (event === "progress" || ends.has(event)) events.push({ status: JSON.parse(data), last: ends.has(event) });
      },
      onError: (error) => {
        if (error.type === "max-buffer-size-exceeded") throw error;
      },
    });
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) {
      clearTimeout(timer);
      timer = setTimeout(expire, silence);
      parser.feed(chunk.value);
      yield* events.splice(0);
    }
  } finally {
    clearTimeout(timer);
    watchdog.abort();
  }
}
