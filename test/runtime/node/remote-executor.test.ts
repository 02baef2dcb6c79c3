import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeOutcomes } from "../../../functions/compute/encode-outcomes.ts";
import type { ComputeRequest, Outcome } from "../../../functions/compute/executor.ts";
import { HostUnavailableError } from "../../../runtime/node/fetch-within.ts";
import { createRemoteExecutor, type Fetch, type RemoteOptions } from "../../../runtime/node/remote-executor.ts";
import { recordingLog, silent } from "../silent-log.ts";

const [p, q, f] = ["p", "q", "f"].map((letter) => letter.repeat(64));
const request: ComputeRequest = { programs: [p, q], dataset: "d", partitions: [{ partition: 3, fingerprint: f }] };
const never = new AbortController().signal;
const options = { signalOf: () => never };
const problem = (status: number, detail: string) => new Response(JSON.stringify({ status, detail }), { status });
const executorBy = (fetch: Fetch, more: Partial<RemoteOptions> = {}) =>
  createRemoteExecutor({
    url: "http://functions.example/x/",
    fetch,
    fetchSoon: fetch,
    log: silent,
    backoff: { first: 1, longest: 1 },
    ...more,
  });

test("createRemoteExecutor posts the request to the compute function and gives what it answers", async () => {
  const outcomes: readonly Outcome[] = [
    { kind: "partial", partial: new Uint8Array([1, 2]) },
    { kind: "failed", cause: "no such column", permanent: true },
  ];
  const executor = executorBy(async (sent) => {
    assert.equal(sent.url, "http://functions.example/x/compute");
    assert.deepEqual(await sent.json(), request);
    return new Response(await encodeOutcomes(outcomes));
  });
  const running: unknown[] = [];
  const onRunning = (programs: readonly string[], fingerprint: string) => void running.push([programs, fingerprint]);
  assert.deepEqual(await executor.run(request, { ...options, onRunning }), outcomes);
  assert.deepEqual(running, [[[p, q], f]]);
});

test("createRemoteExecutor fails every pair, not for good, where the host takes the request and answers anything else", async () => {
  const causeOf = async (fetch: Fetch) => {
    const outcomes = await executorBy(fetch).run(request, options);
    assert.equal(outcomes.length, 2);
    for (const outcome of outcomes) assert.ok(outcome.kind === "failed" && !outcome.permanent);
    assert.deepEqual(outcomes[0], outcomes[1]);
    return (outcomes[0] as { readonly cause: string }).cause;
  };
  assert.equal(await causeOf(() => problem(422, "no such thing")), "no such thing");
  assert.equal(await causeOf(() => new Response("<h1>boom", { status: 500 })), "the compute function answered 500: <h1>boom");
  for (const garbage of ["what is this?", "", "{}"])
    assert.match(await causeOf(() => new Response(garbage)), /not an answer of the compute function/);
  assert.equal(await causeOf(() => Promise.reject(new Error("connection reset"))), "connection reset");
});

test("createRemoteExecutor rejects, and is not ready and says why, where the host refuses, redirects, has too much to do or is not there", async () => {
  const refusals: readonly (readonly [Fetch, RegExp])[] = [
    [() => problem(503, "busy"), /functions\.example takes no requests: busy/],
    [() => problem(429, "too many"), /too many/],
    [() => problem(403, "show the secret"), /show the secret/],
    [() => problem(404, "nothing here"), /nothing here/],
    [() => new Response("<html>bad gateway", { status: 502 }), /answered 502: <html>bad gateway/],
    [() => new Response(null, { status: 302, headers: { location: "http://elsewhere/" } }), /answered 302/],
    [() => Promise.reject(new HostUnavailableError("refused")), /refused/],
  ];
  for (const [fetch, reason] of refusals) {
    const executor = executorBy(fetch);
    await assert.rejects(executor.run(request, options), (error) => error instanceof HostUnavailableError && reason.test(error.message));
    assert.match(executor.notReady().join(), reason);
  }
});

test("createRemoteExecutor follows no redirect, and shows the secret that it has", async () => {
  const executor = executorBy(
    ({ redirect, headers }) => {
      assert.equal(redirect, "manual");
      assert.equal(headers.get("authorization"), "Bearer open sesame");
      return problem(422, "no");
    },
    { secret: "open sesame" },
  );
  assert.equal((await executor.run(request, options)).length, 2);
});

test("createRemoteExecutor.ready waits until the host looks at an empty request, and asks it once for all who wait", async () => {
  const answers = [problem(503, "starting"), problem(502, "starting"), problem(400, "an empty request")];
  let asked = 0;
  const fetchSoon: Fetch = async (sent) => {
    assert.equal(await sent.text(), "{}");
    return answers[asked++]!;
  };
  const { log, lines } = recordingLog();
  const executor = executorBy(() => problem(503, "busy"), { fetchSoon, log });
  assert.match(executor.notReady().join(), /not asked yet/);
  await Promise.all([executor.ready!(never), executor.ready!(never), executor.ready!(never)]);
  assert.equal(asked, 3);
  assert.deepEqual(executor.notReady(), []);
  assert.equal(lines.filter(({ level }) => level === "warn").length, 1, "the same reason is told once");
});

test("createRemoteExecutor.ready rejects when its signal aborts before the host takes requests", async () => {
  const stopping = new AbortController();
  const executor = executorBy(() => {
    stopping.abort(new Error("stopping"));
    return problem(503, "busy");
  });
  await assert.rejects(executor.ready!(stopping.signal));
});

test("createRemoteExecutor gives up a request when the host falls silent under it, and not while it answers others", async () => {
  let probes = 0;
  const fetchSoon: Fetch = () => {
    if (++probes > 3) throw new Error("it did not answer within 10 s");
    return problem(400, "an empty request");
  };
  const silentHost: Fetch = ({ signal }) =>
    new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason), { once: true }));
  const executor = executorBy(silentHost, { fetchSoon, betweenProbes: 1 });
  await assert.rejects(executor.run(request, options), /^HostUnavailableError: it did not answer within 10 s$/);
  assert.equal(probes, 4);
  assert.match(executor.notReady().join(), /did not answer/);
});

test("createRemoteExecutor leaves all undone, whatever the answer, once nobody wants any of it", async () => {
  const [one, two] = [new AbortController(), new AbortController()];
  const signalOf = (program: string) => (program === p ? one : two).signal;
  const executor = executorBy(({ signal }) => {
    one.abort(new Error("withdrawn"));
    assert.equal(signal.aborted, false);
    two.abort(new Error("withdrawn"));
    assert.equal(signal.aborted, true);
    return problem(500, "internal");
  });
  const outcomes = await executor.run(request, { signalOf });
  assert.deepEqual(
    outcomes.map(({ kind }) => kind),
    ["undone", "undone"],
  );
});
