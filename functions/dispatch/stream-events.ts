/**
 * A query's way as server-sent events: `progress` at most ten times a second, then one last `done`, `failed` or `cancelled`.
 * Each event carries the whole status, so a client that reconnects, here or at another dispatcher, misses nothing. A reader
 * that does not read holds up its own stream only: nothing is buffered for it.
 */
import type { Context } from "hono";
import { streamSSE } from "hono/streaming";
import type { Environment } from "../services.ts";
import type { Dispatcher, Followed } from "./dispatcher.ts";

/** Milliseconds between events. */
const pause = 100;
/** Milliseconds after which a stream without news says that it is alive. */
const patience = 15_000;
/** Writing a large status takes at most one part in so many of the time. */
const restAfterWriting = 10;

export function streamEvents(c: Context<Environment>, dispatcher: Dispatcher, followed: Followed): Response {
  c.header("x-accel-buffering", "no");
  return streamSSE(
    c,
    async (stream) => {
      const gone = new AbortController();
      stream.onAbort(() => gone.abort());
      while (!gone.signal.aborted) {
        const version = followed.progress?.version ?? 0;
        const { state, text, took } = dispatcher.write(followed);
        const ended = state !== "waiting" && state !== "running";
        await stream.writeSSE({ event: ended ? state : "progress", id: String(version), data: text });
        if (ended || !followed.progress) return;
        await stream.sleep(Math.max(pause, took * restAfterWriting));
        while (!gone.signal.aborted && followed.progress.version === version) {
          const waited = AbortSignal.any([gone.signal, AbortSignal.timeout(patience)]);
          await followed.progress.changeAfter(version, waited);
          if (followed.progress.version === version && !gone.signal.aborted) await stream.writeSSE({ event: "alive", data: "" });
        }
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
