/** Tests what only a separate process can show: signals, pipes, the installed command. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { EventEmitter, once } from "node:events";
import { existsSync } from "node:fs";
import { open } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import process from "node:process";
import { text as textOf } from "node:stream/consumers";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { serve } from "@hono/node-server";
import { Hono } from "hono";
import { streamSSE } from "hono/streaming";
import { sampleStatus } from "../../support/engine/sample-histograms.ts";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const running = sampleStatus({ state: "running", histograms: {} });

/** A server whose query never ends; it tells of requests as they come. */
async function serveEndless(t: TestContext) {
  const app = new Hono();
  const seen = new EventEmitter();
  app.post("/queries", (c) => c.json(running, 202));
  app.get("/queries/:id/events", (c) =>
    streamSSE(c, async (stream) => {
      await stream.writeSSE({ event: "progress", data: JSON.stringify(running) });
      seen.emit("followed");
      await new Promise<void>((end) => stream.onAbort(end));
    }),
  );
  app.delete("/queries/:id", (c) => {
    seen.emit("withdrawn", c.req.header("femtoq-client"));
    return c.json(running);
  });
  // More than a pipe holds.
  app.get("/datasets", (c) =>
    c.json({ datasets: Array.from({ length: 20_000 }, (_, n) => ({ name: `d${n}`, entries: n, partitions: 1, bytes: n })) }),
  );
  const server = serve({ fetch: app.fetch, port: 0, hostname: "127.0.0.1" });
  await once(server, "listening");
  t.after(() => {
    if ("closeAllConnections" in server) server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen };
}

function startFemtoq(url: string, args: readonly string[]): { child: ChildProcess; stderr: () => string } {
  const environment = { ...process.env, FEMTOQ_SERVER: url, FEMTOQ_CLIENT: "tester" };
  const child = spawn(process.execPath, ["runtime/bin.mjs", ...args], { cwd: root, env: environment });
  let text = "";
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
  });
  return { child, stderr: () => text };
}

test("Ctrl-C withdraws the query under the client's name and exits with 130", async (t) => {
  const { url, seen } = await serveEndless(t);
  const [followed, withdrawn] = [once(seen, "followed"), once(seen, "withdrawn")];
  const { child, stderr } = startFemtoq(url, ["query", "-"]);
  child.stdin?.end("{}");
  await followed;
  process.kill(child.pid!, "SIGINT");
  assert.deepEqual(await withdrawn, ["tester"]);
  const [code] = await once(child, "close");
  assert.equal(code, 130);
  assert.match(stderr(), /Interrupted; the query was withdrawn\./);
});

test("a reader that stops reading ends the command without a complaint", async (t) => {
  const { url } = await serveEndless(t);
  const { child, stderr } = startFemtoq(url, ["datasets"]);
  await once(child.stdout!, "data");
  child.stdout!.destroy();
  const [code] = await once(child, "close");
  assert.deepEqual({ code, stderr: stderr() }, { code: 0, stderr: "" });
});

test("output that cannot be written, as on a full disk, ends the command with 1 and the reason", {
  skip: !existsSync("/dev/full"),
}, async (t) => {
  const { url } = await serveEndless(t);
  const full = await open("/dev/full", "w");
  t.after(() => full.close());
  for (const args of [["datasets"], ["--help"]]) {
    const child = spawn(process.execPath, ["runtime/bin.mjs", "--server", url, ...args], { cwd: root, stdio: ["ignore", full.fd, "pipe"] });
    const [text, [code]] = await Promise.all([textOf(child.stderr!), once(child, "close")]);
    assert.equal(code, 1);
    assert.match(text, /^Cannot write the output: [^\n]*(?:ENOSPC|No space left)[^\n]*\n$/);
  }
});

test("the installed command runs and shows its help", async () => {
  const { child } = startFemtoq("http://127.0.0.1:1", ["--help"]);
  let text = "";
  child.stdout!.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
  });
  const [code] = await once(child, "close");
  assert.equal(code, 0);
  assert.match(text, /^Usage: femtoq /);
});
