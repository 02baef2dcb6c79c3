import assert from "node:assert/strict";
import { test } from "node:test";
import { oneRequestATurn } from "../../../runtime/serve/one-request-a-turn.ts";

test("oneRequestATurn begins requests in order of arrival, at most one a turn, and each gets its own answer", async () => {
  const begun: string[] = [];
  const handler = oneRequestATurn((request) => {
    begun.push(new URL(request.url).pathname);
    return new Response(request.url);
  });
  const ask = async (path: string) => (await handler(new Request(`http://localhost${path}`), {})).text();
  const answers = Promise.all(["/1", "/2", "/3"].map(ask));
  await Promise.resolve();
  assert.deepEqual(begun, ["/1"]);
  for (const expected of [1, 2, 3]) {
    assert.ok(begun.length <= expected);
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.deepEqual(await answers, ["http://localhost/1", "http://localhost/2", "http://localhost/3"]);
  assert.deepEqual(begun, ["/1", "/2", "/3"]);
});

test("oneRequestATurn has addresses take turns: one that sends many keeps another waiting for one of them", async () => {
  const begun: string[] = [];
  const handler = oneRequestATurn((_, environment) => {
    begun.push((environment as { readonly address: string }).address);
    return new Response();
  });
  const ask = async (address: string) => handler(new Request("http://localhost/"), { address });
  await Promise.all([...Array(4).fill("many"), "b", "c", "b"].map(ask));
  assert.equal(begun.join(" "), "many many b c many b many");
});

test("oneRequestATurn goes on after a request that failed", async () => {
  let calls = 0;
  const handler = oneRequestATurn(() => {
    if (calls++ === 0) throw new Error("broken");
    return new Response("fine");
  });
  const ask = async () => handler(new Request("http://localhost/"), {});
  const [first, second] = await Promise.allSettled([ask(), ask()]);
  assert.equal(first!.status, "rejected");
  assert.equal(second!.status, "fulfilled");
});
