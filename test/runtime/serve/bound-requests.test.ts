import assert from "node:assert/strict";
import { test } from "node:test";
import { createApp } from "../../../functions/app.ts";
import { boundRequests } from "../../../runtime/serve/bound-requests.ts";
import type { Handler } from "../../../runtime/serve/listening.ts";
import { openApp } from "../../support/open-app.ts";
import { until } from "../../support/until.ts";

const request = (path: string, headers: Readonly<Record<string, string>> = {}) => new Request(`http://localhost${path}`, { headers });

/** Makes a handler that answers when a test says so. */
function slowHandler(): { readonly handler: Handler; readonly answers: ((response: Response) => void)[] } {
  const answers: ((response: Response) => void)[] = [];
  return { answers, handler: () => new Promise<Response>((resolve) => answers.push(resolve)) };
}

test("boundRequests refuses those beyond the most with 503 and Retry-After, and takes them again when some are answered", async () => {
  const { handler, answers } = slowHandler();
  const bounded = boundRequests(handler, { most: 2 });
  const begun = [bounded(request("/queries"), {}), bounded(request("/functions/x"), {})];
  const refused = await bounded(request("/queries"), {});
  assert.equal(refused.status, 503);
  assert.equal(refused.headers.get("retry-after"), "1");
  assert.equal(((await refused.json()) as { code: string }).code, "overloaded");
  assert.equal(answers.length, 2);
  const probes = ["/healthz", "/readyz", "/metrics"].map((path) => bounded(request(path), {}));
  assert.equal(answers.length, 5);
  answers[0]!(new Response("one"));
  assert.equal(await (await begun[0]!).text(), "one");
  const next = bounded(request("/queries"), {});
  assert.equal(answers.length, 6);
  for (const answer of answers) answer(new Response());
  await Promise.all([begun[1], next, ...probes]);
});

test("boundRequests counts a request whatever it prefers, and while its body is half sent", async () => {
  const bounded = boundRequests(async (each) => new Response(await each.text()), { most: 2 });
  const halves = [0, 1].map(() => {
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
    const body = { method: "POST", body: readable, duplex: "half" } as RequestInit;
    const answer = bounded(new Request("http://localhost/queries", { ...body, headers: { prefer: "wait=120" } }), {});
    return { answer, writer: writable.getWriter() };
  });
  for (const { writer } of halves) await writer.write(new TextEncoder().encode("{"));
  for (const prefer of ["wait=120", "respond-async", "nonsense"])
    assert.equal((await bounded(request("/queries", { prefer }), {})).status, 503);
  for (const { writer } of halves) await writer.close();
  for (const { answer } of halves) assert.equal(await (await answer).text(), "{");
});

test("a request that waits because its client asked for it leaves the limit when it begins to wait, and counts once", async (t) => {
  const app = await openApp(t);
  const functions = createApp(app.services);
  const bounded = boundRequests((each, environment) => functions.fetch(each, environment), { most: 1 });
  app.gate.close();
  const query = { dataset: "events", histograms: { h: { axes: [{ type: "regular", bins: 10, lower: 0, upper: 100, value: "MET.pt" }] } } };
  const ask = { method: "POST", body: JSON.stringify(query), headers: { prefer: "wait=120" } };
  const waiting = bounded(new Request("http://localhost/queries", ask), {});
  const list = async () => (await bounded(request("/datasets"), {})).status;
  assert.equal(await list(), 503);
  await until(async () => (await list()) === 200);
  app.gate.open();
  assert.equal((await waiting).status, 200);
  assert.equal(await list(), 200);
});

test("boundRequests frees the place of a request whose handler throws", async () => {
  let fails = true;
  const handler = boundRequests(() => (fails ? Promise.reject(new Error("broken")) : new Response("ok")), { most: 1 });
  await assert.rejects(async () => handler(request("/queries"), {}), /broken/);
  fails = false;
  assert.equal(await (await handler(request("/queries"), {})).text(), "ok");
});
