import assert from "node:assert/strict";
import { test } from "node:test";
import type { Status } from "../../../functions/api.ts";
import type { ApiClient } from "../../../functions/client/api-client.js";
import { NotReached, RequestFailed } from "../../../functions/client/request-errors.js";
import { describeRun, describeSubmission, stateOf } from "../../../functions/page/browser/result/describe-run.js";
import { createRunner } from "../../../functions/page/browser/run-query.js";
import { sampleStatus } from "../../support/engine/sample-histograms.ts";

type Runs = Parameters<Parameters<typeof createRunner>[0]["onChange"]>[0];

const status = (state: Status["state"], done: number, change: Partial<Status> = {}) =>
  sampleStatus({ id: "q1", state, events: { total: 200, done }, ...change });

/** The API as far as a run uses it. */
function fakeApi(script: {
  readonly submit: (text: string) => Status | Promise<Status>;
  readonly follow?: (id: string, signal: AbortSignal) => AsyncGenerator<Status>;
  readonly dataset?: () => object;
}) {
  const calls: string[] = [];
  const api = {
    submit: async (text: string) => {
      calls.push(`submit ${text}`);
      return script.submit(text);
    },
    follow: (id: string, { signal }: { readonly signal: AbortSignal }) => script.follow!(id, signal),
    dataset: async () => script.dataset!(),
    cancel: async (id: string) => void calls.push(`cancel ${id}`),
    request: async (path: string) => void calls.push(`request ${path}`),
  };
  return { api: api as unknown as ApiClient, calls };
}

function record(api: ApiClient) {
  const runs: Runs[] = [];
  return { runs, runner: createRunner({ api, onChange: (run) => runs.push(run), growthInterval: 1 }) };
}

/** A promise that is resolved from outside. */
function later<T>() {
  let resolve: (value: T) => void = () => {};
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

const endless = (signal: AbortSignal) =>
  new Promise<never>((_, reject) => signal.addEventListener("abort", () => reject(signal.reason), { once: true }));

test("a run goes from sending over running to ended and shows every status", async () => {
  const { api } = fakeApi({
    submit: () => status("waiting", 0),
    async *follow() {
      yield status("running", 100);
      yield status("done", 200);
    },
  });
  const { runs, runner } = record(api);
  await runner.start("{}");
  assert.deepEqual(
    runs.map(({ phase, status: each }) => [phase, each?.events.done]),
    [
      ["sending", undefined],
      ["running", 0],
      ["running", 100],
      ["ended", 200],
    ],
  );
});

test("a query over a growing dataset is asked again when there is more, and what is shown never shrinks", async () => {
  const posts = [status("done", 100, { preparing: { entries: 100, total: 200 } }), status("waiting", 0)];
  const looks = [{ preparing: { entries: 100, total: 200 } }, { preparing: { entries: 100, total: 200 } }, {}];
  const { api, calls } = fakeApi({
    submit: () => posts.shift()!,
    async *follow() {
      yield status("running", 50);
      yield status("running", 150);
      yield status("done", 200);
    },
    dataset: () => looks.shift()!,
  });
  const { runs, runner } = record(api);
  await runner.start("{}");
  assert.deepEqual(calls, ["submit {}", "submit {}"]);
  assert.equal(looks.length, 0);
  const shown = runs.map((run) => run.shown?.events.done ?? 0);
  assert.deepEqual(
    shown,
    shown.toSorted((a, b) => a - b),
  );
  assert.equal(runs.at(-1)?.phase, "ended");
});

test("cancel ends the interest and the stream; the run is cancelled whoever else goes on", async () => {
  const { api, calls } = fakeApi({
    submit: () => status("running", 0),
    async *follow(_, signal) {
      yield status("running", 100);
      await endless(signal);
    },
  });
  const { runs, runner } = record(api);
  const started = runner.start("{}");
  while (runner.run.status?.events.done !== 100) await new Promise((resolve) => setImmediate(resolve));
  await runner.cancel();
  await started;
  assert.deepEqual(calls, ["submit {}", "cancel q1"]);
  assert.equal(stateOf(runs.at(-1)!), "cancelled");
  assert.equal(runs.at(-1)?.shown?.events.done, 100, "what came is kept");
});

test("starting another query ends the interest in the one before", async () => {
  const { api, calls } = fakeApi({
    submit: (text) => (text === "a" ? status("running", 0) : status("done", 200)),
    async *follow(_, signal) {
      yield status("running", 1);
      await endless(signal);
    },
  });
  const { runner } = record(api);
  const first = runner.start("a");
  while (runner.run.phase !== "running") await new Promise((resolve) => setImmediate(resolve));
  await Promise.all([first, runner.start("b")]);
  assert.deepEqual(calls, ["submit a", "cancel q1", "submit b"]);
  assert.equal(runner.run.status?.state, "done");
});

test("cancel while the query is on its way ends the interest as soon as the server has named the query", async () => {
  const answer = later<Status>();
  const { api, calls } = fakeApi({ submit: () => answer.promise });
  const { runner } = record(api);
  const started = runner.start("{}");
  while (calls.length === 0) await new Promise((resolve) => setImmediate(resolve));
  const cancelled = runner.cancel();
  assert.equal(runner.run.phase, "idle", "whoever cancels does not wait");
  answer.resolve(status("waiting", 0));
  await Promise.all([started, cancelled]);
  assert.deepEqual(calls, ["submit {}", "cancel q1"]);
  assert.equal(runner.run.phase, "idle");
});

test("a query that is asked again while it is cancelled is asked after the withdrawal", async () => {
  const answer = later<Status>();
  const answers = [answer.promise, status("done", 200)];
  const { api, calls } = fakeApi({ submit: () => answers.shift()! });
  const { runner } = record(api);
  const first = runner.start("{}");
  while (calls.length === 0) await new Promise((resolve) => setImmediate(resolve));
  const second = runner.start("{}");
  answer.resolve(status("waiting", 0));
  await Promise.all([first, second]);
  assert.deepEqual(calls, ["submit {}", "cancel q1", "submit {}"]);
  assert.equal(runner.run.status?.state, "done");
});

test("a refused query has its problem, a server that is gone its reason", async () => {
  const problem = {
    type: "",
    title: "Bad request",
    status: 400,
    code: "bad-query",
    detail: "no",
    errors: [{ at: "/filter", message: "no" }],
  };
  for (const [error, phase, words] of [
    [new RequestFailed(problem), "refused", /errors: they are marked/],
    [new NotReached("http://server", new Error("refused")), "lost", /Cannot reach http:\/\/server: refused/],
  ] as const) {
    const { api } = fakeApi({
      submit: () => {
        throw error;
      },
    });
    const { runner } = record(api);
    await runner.start("{}");
    assert.equal(runner.run.phase, phase);
    assert.match(describeRun(runner.run), words);
  }
});

test("retry repeats the failed partitions, then asks the query again", async () => {
  const failures = [{ partition: 0, file: "a", attempts: 3, cause: "no" }];
  const { api, calls } = fakeApi({ submit: () => status("done", 200, { failures }) });
  const { runner } = record(api);
  await runner.start("{}");
  assert.equal(stateOf(runner.run), "incomplete");
  await runner.retry("{}");
  assert.deepEqual(calls, ["submit {}", "request /queries/q1/retry", "submit {}"]);
});

test("describeRun counts partitions, events and computed events a second; describeSubmission says where they came from", () => {
  const run: Runs = { phase: "ended", status: status("done", 200), connected: true, started: 1000, finished: 3000, storedEvents: 100 };
  assert.equal(describeRun(run), "2 of 2 partitions · 200 of 200 events · 50 events/s · 2 s");
  assert.equal(
    describeSubmission({ total: 4, stored: 4, joined: 0, queued: 0 }),
    "All 4 partitions came from the store: nothing was computed.",
  );
  assert.match(
    describeSubmission({ total: 4, stored: 1, joined: 1, queued: 2 }),
    /Of 4 partitions 1 came from the store, 1 were already under way, 2 were queued\./,
  );
});
