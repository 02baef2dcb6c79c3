import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { demoPattern, writeDemoFile } from "../../datasets/demo/write-demo-file.ts";
import { until } from "../support/until.ts";
import { runServer, type ServerProcess, startServerProcess, temporaryDirectory } from "./server-process.ts";
import { post, slowQuery, status } from "./slow-query.ts";

const files = 4;
const events = files * 100_000;

describe("start.ts", () => {
  let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
  let data: string;
  let states = 0;
  const running = new Set<ServerProcess>();
  const newState = () => join(directory.path, `state-${++states}`);
  const start = async (state: string, ...args: string[]) => {
    const server = await startServerProcess(["--state", state, "--data", data, ...args]);
    running.add(server);
    return server;
  };

  before(async () => {
    directory = await temporaryDirectory();
    await Promise.all(Array.from({ length: files }, (_, index) => writeDemoFile(directory.path, index)));
    data = `d=${demoPattern(directory.path)}`;
  });
  after(async () => {
    for (const server of running) server.kill("SIGKILL");
    await Promise.all([...running].map(({ exited }) => exited));
    await directory.remove();
  });

  test("prints its address and three things to try, and answers the page and a query", async () => {
    const server = await start(newState());
    assert.match(server.stdout, /in a browser[\s\S]*femtoq -- [\s\S]*curl/);
    const page = await fetch(server.url);
    assert.equal(page.status, 200);
    assert.match(page.headers.get("content-type") ?? "", /^text\/html/);
    const query = { dataset: "d", histograms: { met: { axes: [{ type: "regular", bins: 10, lower: 0, upper: 1e6, value: "MET.pt" }] } } };
    const { code, status } = await post(server.url, query, 20);
    assert.equal(code, 200);
    assert.equal(status.state, "done");
    assert.equal(status.events.done, events);
    assert.deepEqual(status.submission, { total: files, stored: 0, joined: 0, queued: files });
    server.kill("SIGTERM");
    assert.equal((await server.exited).code, 0);
  });

  test("ends by itself, with code 0, at SIGTERM, streams and running subtasks notwithstanding, and finishes them after a restart", async () => {
    const state = newState();
    const first = await start(state, "--threads", "1");
    const { status: accepted } = await post(first.url, slowQuery("d"));
    const stream = await fetch(`${first.url}/queries/${accepted.id}/events`, { headers: { accept: "text/event-stream" } });
    const drained = stream.text().catch(() => "cut");
    await until(async () => (await status(first.url, accepted.id)).partitions.running > 0);
    first.kill("SIGTERM");
    const { code, stderr } = await first.exited;
    assert.equal(code, 0, stderr);
    await drained;
    assert.doesNotMatch(stderr, /"level":[56]0/);

    const second = await start(state);
    await until(async () => (await status(second.url, accepted.id)).state === "done");
    const { events: counted, failures } = await status(second.url, accepted.id);
    assert.equal(counted.done, events);
    assert.deepEqual(failures, []);
  });

  test("loses and repeats nothing over kill -9 in the middle of a query", async () => {
    const state = newState();
    const first = await start(state, "--threads", "1");
    const { status: accepted } = await post(first.url, slowQuery("d", 1));
    let done = 0;
    await until(async () => {
      done = (await status(first.url, accepted.id)).partitions.done;
      return done > 0;
    });
    assert.ok(done < files, "the query was over before the kill");
    first.kill("SIGKILL");
    assert.equal((await first.exited).signal, "SIGKILL");

    const second = await start(state);
    await until(async () => (await status(second.url, accepted.id)).state === "done");
    const after = await status(second.url, accepted.id);
    assert.equal(after.events.done, events);
    const again = await post(second.url, slowQuery("d", 1));
    assert.equal(again.code, 200);
    assert.deepEqual(again.status.submission, { total: files, stored: files, joined: 0, queued: 0 });
    const undisturbed = await start(newState());
    await post(undisturbed.url, slowQuery("d", 1));
    await until(async () => (await status(undisturbed.url, accepted.id)).state === "done");
    assert.deepEqual(after.histograms, (await status(undisturbed.url, accepted.id)).histograms);
  });

  test("makes the demo dataset without --data, answers meanwhile, and resumes it after kill -9", async () => {
    const state = newState();
    const demo = async (url: string) => (await (await fetch(`${url}/datasets/demo`)).json()) as { entries: number; preparing?: object };
    const server = await startServerProcess(["--state", state]);
    running.add(server);
    assert.equal((await fetch(server.url)).status, 200);
    const early = await demo(server.url);
    assert.ok(early.entries >= 100_000 && early.preparing !== undefined, JSON.stringify(early));
    server.kill("SIGKILL");
    await server.exited;
    const resumed = await startServerProcess(["--state", state]);
    running.add(resumed);
    await until(async () => (await demo(resumed.url)).preparing === undefined);
    assert.equal((await demo(resumed.url)).entries, 1_000_000);
  });

  test("refuses a second server on one state directory, and one port for two", async () => {
    const state = newState();
    const server = await start(state);
    const sameState = await runServer(["--port", "0", "--state", state, "--data", data]);
    assert.equal(sameState.code, 1);
    assert.match(sameState.stderr, /has it open; stop it first/);
    const { port } = new URL(server.url);
    const samePort = await runServer(["--port", port, "--state", newState(), "--data", data]);
    assert.equal(samePort.code, 1);
    assert.match(samePort.stderr, new RegExp(`port ${port}.*--port`));
  });

  test("refuses data that are not there, a state directory that cannot be, and bad values, each by name", async () => {
    const missing = await runServer(["--port", "0", "--state", newState(), "--data", "x=/nowhere/*.parquet"]);
    assert.equal(missing.code, 2);
    assert.match(missing.stderr, /--data x=\/nowhere\/\*\.parquet: no file matches/);
    const file = join(directory.path, "a-file");
    await writeFile(file, "");
    const unwritable = await runServer(["--port", "0", "--state", join(file, "state"), "--data", data]);
    assert.equal(unwritable.code, 1);
    assert.match(unwritable.stderr, /a-file\/state.*--state/);
    if (existsSync("/proc/self")) {
      const endless = await runServer(["--port", "0", "--state", "/proc/nothing/here", "--data", data]);
      assert.equal(endless.code, 1);
      assert.match(endless.stderr, /\/proc\/nothing\/here.*--state/);
    }
    const bad = await runServer(["--port", "many"]);
    assert.equal(bad.code, 2);
    assert.match(bad.stderr, /--port/);
    assert.equal(missing.stdout + unwritable.stdout + bad.stdout, "");
  });
});
