import assert from "node:assert/strict";
import { test } from "node:test";
import { createApp } from "../../functions/app.ts";
import { openApp } from "../support/open-app.ts";

const wrong: readonly (readonly [string, string, string])[] = [
  ["PUT", "/queries", "GET, HEAD, POST"],
  ["POST", "/queries/abc", "DELETE, GET, HEAD"],
  ["GET", "/queries/abc/retry", "POST"],
  ["POST", "/datasets", "GET, HEAD"],
  ["DELETE", "/healthz", "GET, HEAD"],
  ["POST", "/", "GET, HEAD"],
];

test("a method that a path does not take gets 405 with those it takes; a path that does not exist 404", async (t) => {
  const app = await openApp(t);
  for (const [method, path, allow] of wrong) {
    const answer = await app.request(path, { method });
    assert.equal(answer.status, 405, `${method} ${path}`);
    assert.equal(answer.headers.get("allow"), allow, `${method} ${path}`);
    assert.equal(((await answer.json()) as { code: string }).code, "bad-method");
  }
  for (const path of ["/nothing", "/queries/abc/nothing", "/queriesx", "/compute"])
    assert.equal((await app.request(path)).status, 404, path);
  const compute = createApp({ ...app.services, role: "compute" });
  const answer = await compute.request("/compute");
  assert.deepEqual([answer.status, answer.headers.get("allow")], [405, "POST"]);
});
