/**
 * Tells how a query goes on by server-sent events: `progress` about ten times a second at most, then one last `done`, `failed` or `cancelled`; `alive` where
 * there is no news, and `error` where the stream fails.
 * Each event carries the whole status, so a client that reconnects, here or at another dispatcher, misses nothing. A reader
 * that does not read holds up its own stream only: nothing is buffered for it.
 */
import type { Context } from "hono";
import { type SSEStreamingApi, streamSSE } from "hono/streaming";
import { isEnded } from "../../api.ts";
import type { Environment } from "../../environment.ts";
import { boundWait } from "../../http/bounded-wait.ts";
import type { FollowedQuery } from "../follow/followed-query.ts";

/** Milliseconds between events: they begin short, for a query may be over soon, and double up to the longest. */
const firstPause = 10;
const longestPause = 100;
/** Milliseconds after which a stream without news says that it is alive. */
const patience = 15_000;
/** Writing a large status takes at most one part in so many of the time. */
const restAfterWriting = 10;

export function streamEvents(c: Context<Environment>, followed: FollowedQuery): Response {
  c.header("x-accel-buffering", "no");
  // Nobody reads what would be streamed.
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
  // How the connection goes on is between the host and the client, who may speak HTTP/1.0 or want it closed.
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
    const { state, text, took } = dispatcher.statuses.get(followed);
    await stream.writeSSE({ event: isEnded({ state }) ? state : "progress", id: String(version), data: text });
    if (isEnded({ state }) || !progress) return;
    await stream.sleep(Math.max(pause, took * restAfterWriting));
    while (!gone.aborted && progress.version === version) {
      using wait = boundWait(patience, gone);
      await progress.changeAfter(version, wait.signal);
      // A client that follows stays interested. The coordinator is told so once in a while only.
      await progress.clients.looks(followed.query, client.interest);
      if (progress.version !== version || gone.aborted) break;
      // The note may say something new although nothing goes on.
      if (dispatcher.statuses.get(followed).text !== text) break;
      await stream.writeSSE({ event: "alive", data: "" });
    }
  }
}
