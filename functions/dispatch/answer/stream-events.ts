/**
 * A query's way as server-sent events: `progress` at most about ten times a second, then one last `done`, `failed` or `cancelled`.
 * Each event carries the whole status, so a client that reconnects, here or at another dispatcher, misses nothing. A reader
 * that does not read holds up its own stream only: nothing is buffered for it.
 */
import type { Context } from "hono";
import { type SSEStreamingApi, streamSSE } from "hono/streaming";
import { boundWait } from "../../http/bounded-wait.ts";
import { clientName } from "../../http/client-name.ts";
import type { Environment } from "../../services.ts";
import type { Dispatcher, Followed } from "../dispatcher.ts";

/** Milliseconds between events: short at first, for a query may be over before the shortest pause that is kept up. */
const firstPause = 10;
const longestPause = 100;
/** Milliseconds after which a stream without news says that it is alive. */
const patience = 15_000;
/** Writing a large status takes at most one part in so many of the time. */
const restAfterWriting = 10;

export function streamEvents(c: Context<Environment>, dispatcher: Dispatcher, followed: Followed): Response {
  c.header("x-accel-buffering", "no");
  const leave = c.var.admission.streams.enter(clientName(c));
  return streamSSE(
    c,
    async (stream) => {
      const gone = new AbortController();
      stream.onAbort(() => {
        gone.abort();
        leave();
      });
      try {
        await writeEvents(stream, { dispatcher, followed, gone: gone.signal });
      } finally {
        leave();
      }
    },
    async (error, stream) => {
      c.var.services.log.error({ err: error, query: followed.query.id }, "an event stream failed");
      await stream.writeSSE({
        event: "error",
        data: JSON.stringify({ code: "internal", detail: "The stream failed; ask for the status again." }),
      });
    },
  );
}

async function writeEvents(
  stream: SSEStreamingApi,
  { dispatcher, followed, gone }: { readonly dispatcher: Dispatcher; readonly followed: Followed; readonly gone: AbortSignal },
): Promise<void> {
  for (let pause = firstPause; !gone.aborted; pause = Math.min(longestPause, 2 * pause)) {
    const version = followed.progress?.version ?? 0;
    const { state, text, took } = dispatcher.write(followed);
    const ended = state !== "waiting" && state !== "running";
    await stream.writeSSE({ event: ended ? state : "progress", id: String(version), data: text });
    if (ended || !followed.progress) return;
    await stream.sleep(Math.max(pause, took * restAfterWriting));
    while (!gone.aborted && followed.progress.version === version) {
      const wait = boundWait(patience, gone);
      await followed.progress.changeAfter(version, wait.signal);
      wait.end();
      if (followed.progress.version === version && !gone.aborted) await stream.writeSSE({ event: "alive", data: "" });
    }
  }
}
