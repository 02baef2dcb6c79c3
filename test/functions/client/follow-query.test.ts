import assert from "node:assert/strict";
import { test } from "node:test";
import type { Status } from "../../../functions/api.ts";
import type { StreamTurn } from "../../../functions/client/follow-query.js";
import { followQuery } from "../../../functions/client/follow-query.js";
import { NotReached, RequestFailed } from "../../../functions/client/request-errors.js";
import { sampleStatus } from "../../support/engine/sample-histograms.ts";

const url = "http://server/queries/abc";
const event = (name: string, done: number) =>
  `event: ${name}\ndata: ${JSON.stringify(sampleStatus({ state: name === "progress" ? "running" : "done", events: { total: 9, done } }))}\n\n`;

/** Answers one after another; an Error breaks the connection. */
function scripted(...answers: readonly (Response | Error)[]) {
  const requests: Request[] = [];
  const fetch: typeof globalThis.fetch = async (input, init) => {
    const answer = answers[requests.length];
    requests.push(new Request(input, init));
    if (answer instanceof Error) throw answer;
    return answer;
  };
  return { fetch, requests };
}

/** Sends the text; then breaks the stream if `breaks` is set. */
function stream(text: string, options: { readonly breaks?: boolean; readonly chunk?: number } = {}): Response {
  const bytes = new TextEncoder().encode(text);
  const { breaks = false, chunk = bytes.length } = options;
  let at = 0;
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull(controller) {
      if (at < bytes.length) controller.enqueue(bytes.slice(at, at + chunk));
      else if (breaks) controller.error(new TypeError("terminated"));
      else controller.close();
      at += chunk;
    },
  });
  return new Response(body, { headers: { "content-type": "text/event-stream" } });
}

/** Sends the text, and nothing more until the signal aborts. */
function unending(text: string, signal: AbortSignal): Response {
  const body = new ReadableStream({ start: (controller) => controller.enqueue(new TextEncoder().encode(text)) });
  return new Response(body.pipeThrough(new TransformStream(), { signal }));
}

async function follow(
  fetch: typeof globalThis.fetch,
  options: { readonly signal?: AbortSignal; readonly patience?: number; readonly silence?: number; readonly turn?: StreamTurn } = {},
) {
  const connections: boolean[] = [];
  const statuses: Status[] = [];
  const { signal = new AbortController().signal, ...rest } = options;
  for await (const status of followQuery(url, {
    fetch,
    headers: { "femtoq-client": "me" },
    signal,
    onConnection: (up) => connections.push(up),
    ...rest,
  })) {
    statuses.push(status);
  }
  return { done: statuses.map(({ events }) => events.done), connections };
}

test("followQuery gives each status and ends after the last event", async () => {
  const { fetch, requests } = scripted(stream(event("progress", 3) + event("progress", 6) + event("done", 9)));
  assert.deepEqual((await follow(fetch)).done, [3, 6, 9]);
  assert.equal(requests[0].headers.get("femtoq-client"), "me");
  assert.equal(requests[0].headers.get("accept"), "text/event-stream");
});

test("followQuery reads events that arrive a few bytes at a time", async () => {
  const { fetch } = scripted(stream(event("progress", 3) + event("done", 9), { chunk: 5 }));
  assert.deepEqual((await follow(fetch)).done, [3, 9]);
});

test("followQuery connects again after a broken stream, an early end and a 503", async () => {
  const { fetch, requests } = scripted(
    stream(event("progress", 3), { breaks: true }),
    stream(event("progress", 6)),
    new Response("", { status: 503 }),
    new TypeError("fetch failed"),
    stream(event("done", 9)),
  );
  const { done, connections } = await follow(fetch);
  assert.deepEqual(done, [3, 6, 9]);
  assert.equal(requests.length, 5);
  assert.deepEqual(connections, [true, false, true, false, false, false, true]);
});

test("followQuery takes a stream that falls silent for broken", async () => {
  let requests = 0;
  const fetch: typeof globalThis.fetch = async (_, init) =>
    ++requests > 1 ? stream(event("done", 9)) : unending(event("progress", 3), init!.signal!);
  assert.deepEqual((await follow(fetch, { silence: 30 })).done, [3, 9]);
});

test("followQuery gives up with NotReached when nobody answers for as long as its patience", async () => {
  const { fetch } = scripted(...new Array<Error>(20).fill(new TypeError("fetch failed", { cause: new Error("connect ECONNREFUSED") })));
  await assert.rejects(
    follow(fetch, { patience: 50 }),
    (error) => error instanceof NotReached && /http:\/\/server: connect ECONNREFUSED/.test(error.message),
  );
});

test("followQuery passes on that the query is not known", async () => {
  const { fetch } = scripted(
    Response.json({ title: "Not found", status: 404, code: "unknown-query", detail: "no such query" }, { status: 404 }),
  );
  await assert.rejects(follow(fetch), (error) => error instanceof RequestFailed && error.problem.status === 404);
});

test("followQuery stops with the signal's reason, also while it waits to connect again", async () => {
  const abort = new AbortController();
  const fetch: typeof globalThis.fetch = async () => {
    queueMicrotask(() => abort.abort(new Error("enough")));
    throw new TypeError("fetch failed");
  };
  await assert.rejects(follow(fetch, { signal: abort.signal }), /enough/);
});

test("followQuery asks for the status while another has the turn to stream, streams when it takes the turn, and gives it up unbroken", async () => {
  const taken = [new AbortController(), new AbortController()];
  const lost = new AbortController();
  const turn = {
    get taken() {
      return taken[lost.signal.aborted ? 1 : 0]!.signal;
    },
    lost: lost.signal,
  };
  const asked: string[] = [];
  const fetch: typeof globalThis.fetch = async (input, init) => {
    asked.push(new URL(String(input)).pathname);
    if (asked.length === 1) {
      setImmediate(() => taken[0]!.abort());
      return Response.json(sampleStatus({ state: "running", events: { total: 9, done: 1 } }));
    }
    if (asked.length === 2) {
      setImmediate(() => lost.abort());
      return unending(event("progress", 3), init!.signal!);
    }
    return Response.json(sampleStatus({ state: "done", events: { total: 9, done: 9 } }));
  };
  assert.deepEqual(await follow(fetch, { turn }), { done: [1, 3, 9], connections: [true, true, true] });
  assert.deepEqual(asked, ["/queries/abc", "/queries/abc/events", "/queries/abc"]);
});
