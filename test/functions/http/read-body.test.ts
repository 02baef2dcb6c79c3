import assert from "node:assert/strict";
import { connect, type Socket } from "node:net";
import { type TestContext, test } from "node:test";
import { gzipSync } from "node:zlib";
import { Hono } from "hono";
import { createAdmission } from "../../../functions/admission/admission.ts";
import type { Environment } from "../../../functions/environment.ts";
import { answerError } from "../../../functions/http/answer-error.ts";
import { identifyClient } from "../../../functions/http/identify-client.ts";
import { readText } from "../../../functions/http/read-body.ts";
import type { Services } from "../../../functions/services.ts";
import { findAddress } from "../../../runtime/serve/find-address.ts";
import { serve } from "../../../runtime/serve/serve.ts";
import { recordingLog } from "../../runtime/silent-log.ts";
import { until } from "../../support/until.ts";

/** Opens a server that answers with the length of the body that it received. */
async function open(t: TestContext) {
  const { log, lines } = recordingLog();
  const admission = createAdmission({});
  const app = new Hono<Environment>();
  app.use(async (c, next) => {
    c.set("services", { log } as Services);
    c.set("admission", admission);
    await next();
  });
  app.use(identifyClient);
  app.onError(answerError);
  app.post("/", async (c) => c.text(`${(await readText(c)).length}`));
  const listening = await serve(
    findAddress((request, environment) => app.fetch(request, environment), []),
    { host: "127.0.0.1", port: 0 },
  );
  t.after(() => listening.close(0));
  const url = `http://127.0.0.1:${listening.port}/`;
  const post = async (body: string | Uint8Array<ArrayBuffer> | ReadableStream, headers: Readonly<Record<string, string>> = {}) => {
    const answer = await fetch(url, { method: "POST", body, headers, duplex: "half" } as RequestInit);
    return [answer.status, await answer.text()] as const;
  };
  return { port: listening.port, url, post, admission, lines };
}

/** A request whose body never comes whole. */
async function half(t: TestContext, { port, head, body }: { readonly port: number; readonly head: string; readonly body: string }) {
  const socket: Socket = connect(port, "127.0.0.1");
  t.after(() => socket.destroy());
  let answer = "";
  let isClosed = false;
  socket.on("data", (piece) => {
    answer += piece;
  });
  socket.on("error", () => {});
  socket.on("close", () => {
    isClosed = true;
  });
  socket.write(`POST / HTTP/1.1\r\nHost: 127.0.0.1\r\n${head}\r\n\r\n${body}`);
  return { socket, answer: () => answer, isClosed: () => isClosed };
}

const parts = (count: number, size: number) =>
  new ReadableStream({
    pull(controller) {
      if (count-- > 0) controller.enqueue(new Uint8Array(size).fill(32));
      else controller.close();
    },
  });

test("a body is read whole, small or large, with its length or in chunks", async (t) => {
  const { post, admission } = await open(t);
  assert.deepEqual(await post("{}"), [200, "2"]);
  assert.deepEqual(await post(" ".repeat(900_000)), [200, "900000"]);
  assert.deepEqual(await post(parts(9, 100_000)), [200, "900000"]);
  assert.equal(admission.bodies.size, 0);
});

test("a body that is too large is refused with 413, whether its length is told or not", async (t) => {
  const { post, admission } = await open(t);
  assert.equal((await post(" ".repeat(1_000_001)))[0], 413);
  assert.equal((await post(parts(11, 100_000)))[0], 413);
  await until(() => admission.bodies.size === 0);
});

test("a gzip body is unpacked within the limit, any other encoding refused with 415", async (t) => {
  const { post } = await open(t);
  const gzip = { "content-encoding": "gzip" };
  assert.deepEqual(await post(new Uint8Array(gzipSync("x".repeat(500_000))), gzip), [200, "500000"]);
  assert.equal((await post(new Uint8Array(gzipSync(Buffer.alloc(50_000_000))), gzip))[0], 413);
  assert.equal((await post("{}", gzip))[0], 400);
  assert.equal((await post("{}", { "content-encoding": "br" }))[0], 415);
});

test("bodies half sent are bounded by address, whatever the clients call themselves, and end by themselves", async (t) => {
  const { port, post, admission } = await open(t);
  const all = await Promise.all(
    Array.from({ length: 400 }, (_, index) => half(t, { port, head: `Femtoq-Client: m${index}\r\nContent-Length: 9`, body: "{" })),
  );
  await until(() => all.every(({ answer }) => answer() !== ""));
  const statuses = all.map(({ answer }) => answer().slice(9, 12));
  assert.deepEqual([...new Set(statuses)].sort(), ["408", "429"]);
  assert.ok(statuses.filter((status) => status === "408").length <= 256);
  assert.deepEqual(await post("{}"), [200, "2"]);
  // Deno answers, but keeps the connection for as long as the client does.
  if (!("Deno" in globalThis)) await until(() => all.every(({ isClosed }) => isClosed()));
  assert.equal(admission.bodies.size, 0);
});

test("a client that goes away in the middle of its body is no error of the server", async (t) => {
  const { port, admission, lines } = await open(t);
  for (const [head, body] of [
    ["Content-Length: 9", "{"],
    ["Content-Length: 900000", "{"],
    ["Transfer-Encoding: chunked", "5\r\n12345\r\n"],
  ] as const) {
    const { socket } = await half(t, { port, head, body });
    await until(() => admission.bodies.size > 0);
    socket.destroy();
    await until(() => admission.bodies.size === 0);
  }
  assert.deepEqual(lines, []);
});
