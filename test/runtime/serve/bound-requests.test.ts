import assert from "node:assert/strict";
import { test } from "node:test";
import { boundRequests } from "../../../runtime/serve/bound-requests.ts";

const request = (path: string, headers: Readonly<Record<string, string>> = {}) => new Request(`http://localhost${path}`, { headers });

test("boundRequests refuses those beyond the most with 503 and Retry-After, and takes them again when some are answered", async () => {
  const answers: ((response: Response) => void)[] = [];
  const handler = boundRequests(() => new Promise<Response>((resolve) => answers.push(resolve)), { most: 2 });
  const begun = [handler(request("/queries"), {}), handler(request("/datasets"), {})];
  const refused = await handler(request("/queries"), {});
  assert.equal(refused.status, 503);
  assert.equal(refused.headers.get("retry-after"), "1");
  assert.equal(((await refused.json()) as { code: string }).code, "overloaded");
  assert.equal(answers.length, 2);
  // Probes, metrics and those that ask to wait come in.
  const others = [
    ...["/healthz", "/readyz", "/metrics", "/functions/x"].map((path) => handler(request(path), {})),
    handler(request("/queries", { prefer: "wait=5" }), {}),
  ];
  assert.equal(answers.length, 7);
  answers[0](new Response("one"));
  assert.equal(await (await begun[0]).text(), "one");
  const next = handler(request("/queries"), {});
  assert.equal(answers.length, 8);
  for (const answer of answers) answer(new Response());
  await Promise.all([begun[1], next, ...others]);
});

test("boundRequests frees the place of a request whose handler throws", async () => {
  let fails = true;
  const handler = boundRequests(() => (fails ? Promise.reject(new Error("broken")) : new Response("ok")), { most: 1 });
  await assert.rejects(async () => handler(request("/queries"), {}), /broken/);
  fails = false;
  assert.equal(await (await handler(request("/queries"), {})).text(), "ok");
});
