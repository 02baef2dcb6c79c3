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
const interestEvery = 60_000;

export function streamEvents(c: Context<Environment>, dispatcher: Dispatcher, followed: Followed, client: string): Response {
  c.header("x-accel-buffering", "no");
  return streamSSE(
    c,
    async (stream) => {
      const gone = new AbortController();
      stream.onAbort(() => gone.abort());
      let renewed = 0;
      while (!gone.signal.aborted) {
        const version = followed.progress?.version ?? 0;
        const status = dispatcher.describe(followed);
        const ended = status.state !== "waiting" && status.state !== "running";
        await stream.writeSSE({ event: ended ? status.state : "progress", id: String(version), data: JSON.stringify(status) });
        if (ended || !followed.progress) return;
        if (Date.now() - renewed > interestEvery) {
          await dispatcher.renew(followed, client);
          renewed = Date.now();
        }
        await stream.sleep(pause);
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
