/**
 * Follows the progress of a query by server-sent events. They are read by `fetch`, since an `EventSource` cannot send the client's name.
 * Guarantee: it ends after a last status, or throws. A stream that breaks or falls silent is opened again, later each time; a status that
 * comes twice does no harm, since each is whole.
 *
 * @import { Status } from "../api.ts"
 */
import { createParser } from "eventsource-parser";
import { NotReached, RequestFailed, readProblem } from "./request-errors.js";

/**
 * @typedef {object} FollowOptions
 * @property {typeof globalThis.fetch} fetch
 * @property {Readonly<Record<string, string>>} headers
 * @property {AbortSignal} signal its reason is thrown
 * @property {number} [patience] milliseconds without a connection before `NotReached`
 * @property {number} [silence] milliseconds without a byte before the stream counts as broken
 * @property {(connected: boolean) => void} [onConnection]
 */

const ends = new Set(["done", "failed", "cancelled"]);
const mostEventBytes = 256 * 2 ** 20;
/** Milliseconds: after each attempt without a status the pause before the next one is longer by the first, up to the second. */
const pauseStep = 100;
const longestPause = 5000;

/**
 * @param {string} url of the query's events
 * @param {FollowOptions} options
 * @returns {AsyncGenerator<Status>}
 */
export async function* followQuery(url, options) {
  const { signal, patience = 60_000, onConnection } = options;
  let lastHeard = Date.now();
  let attempts = 0;
  for (;;) {
    /** @type {unknown} */
    let broken = new Error("the server ended the stream");
    try {
      for await (const { status, last } of readEvents(url, options, () => onConnection?.(true))) {
        lastHeard = Date.now();
        attempts = 0;
        yield status;
        if (last) return;
      }
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof RequestFailed && error.problem.status < 500) throw error;
      broken = error;
    }
    onConnection?.(false);
    if (Date.now() - lastHeard > patience) throw broken instanceof NotReached ? broken : new NotReached(new URL(url).origin, broken);
    await pause(Math.min(++attempts * pauseStep, longestPause), signal);
  }
}

/**
 * @param {string} url
 * @param {FollowOptions} options
 * @param {() => void} onOpen
 * @returns {AsyncGenerator<{ readonly status: Status, readonly last: boolean }>}
 */
async function* readEvents(url, { fetch, headers, signal, silence = 60_000 }, onOpen) {
  const watchdog = new AbortController();
  let timer = setTimeout(expire, silence);
  function expire() {
    watchdog.abort(new Error(`nothing came for ${silence / 1000} s`));
  }
  try {
    const either = AbortSignal.any([signal, watchdog.signal]);
    const response = await fetch(url, { headers: { ...headers, accept: "text/event-stream" }, signal: either });
    if (!response.ok) throw new RequestFailed(await readProblem(response));
    if (!response.body) return;
    onOpen();
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

/**
 * @param {number} milliseconds
 * @param {AbortSignal} signal
 * @returns {Promise<void>} rejects with the signal's reason
 */
export function pause(milliseconds, signal) {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const abort = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", abort);
      resolve();
    }, milliseconds);
    signal.addEventListener("abort", abort, { once: true });
  });
}
