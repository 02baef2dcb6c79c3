import assert from "node:assert/strict";
import { test } from "node:test";
import { createInvoke, RunningNotices } from "../../../runtime/node/invoke-compute.ts";

const task = { programKey: "p".repeat(64), dataset: "d", partition: 3, fingerprint: "f".repeat(64) };
const options = { signal: new AbortController().signal, onRunning: () => {} };
const problem = (status: number, detail: string) => new Response(JSON.stringify({ status, detail }), { status });

test("createInvoke posts names and numbers to the compute function and gives the partial", async () => {
  const invoke = createInvoke(async (request) => {
    assert.equal(new URL(request.url).pathname, "/compute");
    assert.deepEqual(await request.json(), { program: task.programKey, dataset: "d", partition: 3, fingerprint: task.fingerprint });
    return new Response(new Uint8Array([1, 2]));
  }, new RunningNotices());
  assert.deepEqual(await invoke(task, options), { kind: "partial", partial: new Uint8Array([1, 2]) });
});

test("createInvoke takes a 422 for good and what else fails as passing, with the problem's detail", async () => {
  const answer = (response: Response) => createInvoke(() => response, new RunningNotices())(task, options);
  assert.deepEqual(await answer(problem(422, "no such column")), { kind: "failed", cause: "no such column", permanent: true });
  assert.deepEqual(await answer(problem(503, "busy")), { kind: "failed", cause: "busy", permanent: false });
  assert.deepEqual(await answer(problem(404, "nothing here")), { kind: "failed", cause: "nothing here", permanent: false });
  const gateway = await answer(new Response("<html>bad gateway", { status: 502 }));
  assert.deepEqual(gateway, { kind: "failed", cause: "the compute function answered 502: <html>bad gateway", permanent: false });
});

test("createInvoke rejects with the signal's reason where the answer is a problem because of it", async () => {
  const abort = new AbortController();
  const invoke = createInvoke(() => {
    abort.abort(new Error("withdrawn"));
    return problem(500, "internal");
  }, new RunningNotices());
  await assert.rejects(invoke(task, { ...options, signal: abort.signal }), /withdrawn/);
});

test("RunningNotices tells who listens that the columns of their task are loaded", async () => {
  const notices = new RunningNotices();
  const executor = notices.over({
    run: async (_, { onRunning }) => {
      onRunning?.();
      return new Uint8Array();
    },
  });
  const heard: string[] = [];
  const invoke = createInvoke(async () => new Response(await executor.run(task, options)), notices);
  await invoke(task, { ...options, onRunning: () => void heard.push("running") });
  await executor.run(task, options);
  assert.deepEqual(heard, ["running"]);
});
