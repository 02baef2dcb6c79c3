import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { describe, test } from "node:test";
import { startServerProcess, temporaryDirectory } from "./server-process.ts";
import { post, slowQuery } from "./slow-query.ts";

describe("start.ts ends", () => {
  const skip = "Deno" in globalThis && "Deno's exit does not wait for threads of the system, and it loads no module by an option of Node";

  test("after --grace though a thread is blocked in the system for ever", { skip }, async (t) => {
    const directory = await temporaryDirectory();
    t.after(() => directory.remove());
    const pipe = join(directory.path, "pipe");
    execFileSync("mkfifo", [pipe]);
    const preload = new URL("./block-in-system.mjs", import.meta.url);
    const environment = { NODE_OPTIONS: `--import ${preload}`, BLOCK_ON: pipe };
    const server = await startServerProcess(["--state", join(directory.path, "state"), "--grace", "1s"], { environment });
    server.kill("SIGTERM");
    assert.equal((await server.exited).signal, "SIGKILL");
    assert.match(server.stderr, /longer than --grace/);
  });

  test("at the second signal, whatever it is at", async (t) => {
    const directory = await temporaryDirectory();
    t.after(() => directory.remove());
    const server = await startServerProcess(["--state", join(directory.path, "state"), "--grace", "1h"]);
    await post(server.url, slowQuery("demo"));
    server.kill("SIGTERM");
    server.kill("SIGTERM");
    const { code, signal } = await server.exited;
    // Two signals that come together are one to the system.
    assert.ok(signal === "SIGKILL" || code === 0, `${signal}, ${code}`);
  });
});
