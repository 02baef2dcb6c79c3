/**
 * Streams the status of a query by server-sent events: `progress` at most about ten times per second, then one last `done`, `failed` or `cancelled`;
 * `alive` if there is no news, and `error` if the stream fails.
 * Each event has the whole status, so a client that reconnects, here or at another dispatcher, misses nothing. A client
 * that does not read only delays its own stream, and nothing is buffered for it.
 */
import type { Context } from "hono";
import { type SSEStreamingApi, streamSSE } from "hono/streaming";
import { isEnded } from "../../api.ts";
import type { Environment } from "../../environment.ts";
import { boundWait } from "../../http/bounded-wait.ts";
import type { FollowedQuery } from "../follow/followed-query.ts";
import { restBetweenEvents } from "./rest-between-events.ts";

/** In milliseconds between events. Pauses begin short and double up to the longest; the first finished partition and the query's end are told at once. */
const firstPause = 10;
const longestPause = 100;
/** In milliseconds: a stream without news sends `alive` after this time. */
const patience = 15_000;
/** The pause after writing a status is at least this many times as long as writing took. */
const restAfterWriting = 10;

export function streamEvents(c: Context<Environment>, followed: FollowedQuery): Response {
  c.header("x-accel-buffering", "no");
  // A HEAD request has no body to stream.
  if (c.req.method === "HEAD") return c.body(null, 200, { "content-type": "text/event-stream", "cache-control": "no-cache" });
  const place = c.var.admission.streams.enter(c.var.client);
  const answer = streamSSE(
    c,
    async (stream) => {
      using _place = place;
      const gone = new AbortController();
      stream.onAbort(() => {
        gone.abort();
        place[Symbol.dispose]();
      });
      await writeEvents(c, stream, { followed, gone: gone.signal });
    },
    async (error, stream) => {
      c.var.services.log.error({ err: error, query: followed.query.id }, "an event stream failed");
      await stream.writeSSE({
        event: "error",
        data: JSON.stringify({ code: "internal", detail: "The stream failed; ask for the status again." }),
      });
    },
  );
  // These headers are left to the host, since the client may speak HTTP/1.0 or want the connection closed.
  answer.headers.delete("transfer-encoding");
  answer.headers.delete("connection");
  return answer;
}

async function writeEvents(
  { var: { dispatcher, client } }: Context<Environment>,
  stream: SSEStreamingApi,
  { followed, gone }: { readonly followed: FollowedQuery; readonly gone: AbortSignal },
): Promise<void> {
  const { progress } = followed;
  for (let pause = firstPause; !gone.aborted; pause = Math.min(longestPause, 2 * pause)) {
    const version = progress?.version ?? 0;
    const hadNone = progress?.partitions.counts.done === 0;
    const { state, text, took } = dispatcher.statuses.get(followed);
    await stream.writeSSE({ event: isEnded({ state }) ? state : "progress", id: String(version), data: text });
    if (isEnded({ state }) || !progress) return;
    await restBetweenEvents({ query: followed.query, progress }, { milliseconds: Math.max(pause, took * restAfterWriting), hadNone, gone });
    while (!gone.aborted && progress.version === version) {
      using wait = boundWait(patience, gone);
      await progress.changeAfter(version, wait.signal);
      // A client that follows a query stays interested. The coordinator is told so only from time to time.
      await progress.clients.looks(followed.query, client.interest);
      if (progress.version !== version || gone.aborted) break;
      // The status may have changed although no partition has, for example its note.
      if (dispatcher.statuses.get(followed).text !== text) break;
      await stream.writeSSE({ event: "alive", data: "" });
    }
  }
}
