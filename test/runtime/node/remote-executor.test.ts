import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeOutcomes } from "../../../functions/compute/encode-outcomes.ts";
import type { ComputeRequest, Outcome } from "../../../functions/compute/executor.ts";
import { HostUnreachableError } from "../../../runtime/node/fetch-within.ts";
import { createRemoteExecutor, type Fetch } from "../../../runtime/node/remote-executor.ts";

const [p, q, f] = ["p", "q", "f"].map((letter) => letter.repeat(64));
const request: ComputeRequest = { programs: [p, q], dataset: "d", partitions: [{ partition: 3, fingerprint: f }] };
const never = new AbortController().signal;
const options = { signalOf: () => never };
const problem = (status: number, detail: string) => new Response(JSON.stringify({ status, detail }), { status });
const executorBy = (fetch: Fetch) => createRemoteExecutor("http://functions.example/x/", fetch);

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

test("createRemoteExecutor fails every pair, not for good, where the request fails as a whole", async () => {
  const causeOf = async (fetch: Fetch) => {
    const outcomes = await executorBy(fetch).run(request, options);
    assert.equal(outcomes.length, 2);
    for (const outcome of outcomes) assert.ok(outcome.kind === "failed" && !outcome.permanent);
    assert.deepEqual(outcomes[0], outcomes[1]);
    return (outcomes[0] as { readonly cause: string }).cause;
  };
  assert.equal(await causeOf(() => problem(503, "busy")), "busy");
  assert.equal(await causeOf(() => problem(404, "nothing here")), "nothing here");
  const gateway = () => new Response("<html>bad gateway", { status: 502 });
  assert.equal(await causeOf(gateway), "the compute function answered 502: <html>bad gateway");
  assert.match(await causeOf(() => new Response("what is this?")), /not an answer of the compute function/);
  assert.equal(await causeOf(() => Promise.reject(new Error("connection reset"))), "connection reset");
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

test("createRemoteExecutor rejects where the host was never reached", async () => {
  const executor = executorBy(() => Promise.reject(new HostUnreachableError("refused")));
  await assert.rejects(executor.run(request, options), HostUnreachableError);
});
