import assert from "node:assert/strict";
import { test } from "node:test";
import type { Status } from "../../../functions/api.ts";
import type { ApiClient } from "../../../functions/client/api-client.js";
import { askToEnd } from "../../../functions/client/ask-to-end.js";
import { sampleStatus } from "../../support/engine/sample-histograms.ts";

function open({ cancelled = [] as string[], fails = undefined as Error | undefined } = {}) {
  const api = {
    async cancel(id: string) {
      cancelled.push(id);
      if (fails) throw fails;
    },
    async *follow(_: string, { signal }: { readonly signal: AbortSignal }) {
      yield sampleStatus({ id: "q1", state: "running" });
      signal.throwIfAborted();
      await new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason), { once: true }));
    },
  } as unknown as ApiClient;
  return { api, cancelled };
}

/** A promise that is resolved from outside. */
function later<T>() {
  let resolve: (value: T) => void = () => {};
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

const stop = new Error("stop");

test("askToEnd aborted before the answer withdraws when the answer has named the query", async () => {
  const { api, cancelled } = open();
  const abort = new AbortController();
  const answer = later<Status>();
  const ended = askToEnd({ api, ask: () => answer.promise, onStatus: () => assert.fail("told a status"), signal: abort.signal });
  abort.abort(stop);
  answer.resolve(sampleStatus({ id: "q1", state: "waiting" }));
  await assert.rejects(ended, stop);
  assert.deepEqual(cancelled, ["q1"]);
});

test("askToEnd aborted while it follows withdraws before it throws", async () => {
  const { api, cancelled } = open();
  const abort = new AbortController();
  const ask = async () => sampleStatus({ id: "q1", state: "waiting" });
  const ended = askToEnd({ api, ask, onStatus: ({ state }) => state === "running" && abort.abort(stop), signal: abort.signal });
  await assert.rejects(ended, stop);
  assert.deepEqual(cancelled, ["q1"]);
});

test("askToEnd waits for an answer only so long, then aborts the request; there is nothing to withdraw", async () => {
  const { api, cancelled } = open();
  const abort = new AbortController();
  const requests: AbortSignal[] = [];
  const ask = (signal: AbortSignal) => {
    requests.push(signal);
    return new Promise<Status>((_, reject) => signal.addEventListener("abort", () => reject(signal.reason), { once: true }));
  };
  const ended = askToEnd({ api, ask, onStatus: () => {}, signal: abort.signal, withdrawalPatience: 1 });
  abort.abort(stop);
  await assert.rejects(ended, stop);
  assert.deepEqual([cancelled, requests.map(({ aborted }) => aborted)], [[], [true]]);
});

test("askToEnd tells of a withdrawal that fails, and throws the signal's reason all the same", async () => {
  const gone = new Error("gone");
  const { api } = open({ fails: gone });
  const abort = new AbortController();
  const troubles: unknown[] = [];
  const ended = askToEnd({
    api,
    ask: async () => sampleStatus({ id: "q1", state: "waiting" }),
    onStatus: () => abort.abort(stop),
    onTrouble: (error) => troubles.push(error),
    signal: abort.signal,
  });
  await assert.rejects(ended, stop);
  assert.deepEqual(troubles, [gone]);
});
