import assert from "node:assert/strict";
import { createServer, type RequestListener } from "node:http";
import { type TestContext, test } from "node:test";
import { createFetchWithin, HostUnavailableError } from "../../../runtime/node/fetch-within.ts";
import { findFreePort } from "../../servers/server-process.ts";

async function serve(t: TestContext, listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => server.closeAllConnections());
  t.after(() => void server.close());
  return `http://127.0.0.1:${(server.address() as { readonly port: number }).port}/compute`;
}

const bounds = { timeout: 10_000, mostBytes: 1_000 };

test("createFetchWithin gives the answer with its status and headers", async (t) => {
  const url = await serve(t, (_, response) => response.writeHead(422, { "x-kind": "test" }).end("x".repeat(1_000)));
  const response = await createFetchWithin(bounds)(new Request(url));
  assert.equal(response.status, 422);
  assert.equal(response.headers.get("x-kind"), "test");
  assert.equal((await response.text()).length, 1_000);
});

test("createFetchWithin refuses an answer that is too long, however it comes", async (t) => {
  const url = await serve(t, (_, response) => {
    const more = () => {
      while (response.write("x".repeat(500)));
    };
    response.on("drain", more);
    more();
  });
  await assert.rejects(createFetchWithin(bounds)(new Request(url)), /The compute function at 127.*more than 1000 bytes/);
});

test("createFetchWithin names the host where nobody answers in time, or at all", async (t) => {
  const url = await serve(t, () => undefined);
  await assert.rejects(
    createFetchWithin({ ...bounds, timeout: 50 })(new Request(url)),
    /at 127\.0\.0\.1:\d+ failed: it did not answer within 0\.05 s/,
  );
  const port = await findFreePort();
  await assert.rejects(createFetchWithin(bounds)(new Request(`http://127.0.0.1:${port}/`)), /failed: .*refused/i);
});

test("createFetchWithin rejects with the request's own reason where that is aborted", async (t) => {
  const abort = new AbortController();
  const url = await serve(t, () => abort.abort(new Error("withdrawn")));
  await assert.rejects(createFetchWithin(bounds)(new Request(url, { signal: abort.signal })), /^Error: withdrawn$/);
});

test("createFetchWithin tells a host that was never reached from one that failed at the request", async (t) => {
  const port = await findFreePort();
  await assert.rejects(createFetchWithin(bounds)(new Request(`http://127.0.0.1:${port}/`)), HostUnavailableError);
  await assert.rejects(createFetchWithin(bounds)(new Request("http://nowhere.invalid/")), HostUnavailableError);
  const url = await serve(t, (request) => request.socket.destroy());
  await assert.rejects(createFetchWithin(bounds)(new Request(url)), (error) => !(error instanceof HostUnavailableError));
});
