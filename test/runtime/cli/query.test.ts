import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { Status } from "../../../functions/api.ts";
import { sampleStatus } from "../../support/engine/sample-histograms.ts";
import { openApp } from "../../support/open-app.ts";
import { fetchFrom, runCli } from "./run-cli.ts";

/** The beginning of escape sequences for colours. */
const escapeSequence = "\u001b[";
const axis = { type: "regular", bins: 10, lower: 0, upper: 200, label: "MET [GeV]", value: "MET.pt" };
const met = { dataset: "events", name: "Missing energy", histograms: { met: { axes: [axis] } } };
const both = { ...met, filter: "MET.pt > 20", histograms: { met: { axes: [axis] }, low: { axes: [{ ...axis, upper: 20 }] } } };

async function openCli(t: TestContext) {
  const app = await openApp(t);
  const fetch = fetchFrom((request) => {
    const url = new URL(request.url);
    return app.request(url.pathname + url.search, request);
  });
  const ask = (query: unknown, ...args: readonly string[]) =>
    runCli(["query", "-", ...args], { fetch, input: typeof query === "string" ? query : JSON.stringify(query) });
  return { app, fetch, ask };
}

test("query reads standard input, draws the histogram and exits with 0", async (t) => {
  const { ask } = await openCli(t);
  const { code, stdout, stderr } = await ask(met);
  assert.equal(code, 0);
  assert.match(stdout, /^Missing energy · events · done\n1\u202f000 of 1\u202f000 events in 4 of 4 partitions/);
  assert.match(stdout, /█/);
  assert.match(stdout, /entries 1\u202f000 {2}mean /);
  assert.equal(stderr, "");
});

test("query --format json prints the status whose counts are all events", async (t) => {
  const { ask, app } = await openCli(t);
  const { stdout } = await ask(met, "--format", "json");
  const status = JSON.parse(stdout) as Status;
  const values = status.histograms.met.storage.values as readonly number[];
  assert.equal(
    values.reduce((sum, value) => sum + value),
    app.events.length,
  );
});

test("query --format uhi, csv and svg print what the server makes of the result", async (t) => {
  const { ask } = await openCli(t);
  assert.deepEqual(Object.keys(JSON.parse((await ask(met, "--format", "uhi")).stdout)), ["met"]);
  const rows = (await ask(met, "--format", "csv")).stdout.trimEnd().split("\n");
  assert.equal(rows[0], "lower,upper,value,variance");
  assert.equal(rows.length, 13);
  assert.match((await ask(met, "--format", "svg")).stdout, /^<svg[\s\S]*<\/svg>\s*$/);
});

test("query --output writes a file and prints nothing", async (t) => {
  const { ask, app } = await openCli(t);
  const file = join(app.directory, "result.csv");
  const { code, stdout } = await ask(met, "--format", "csv", "--output", file);
  assert.deepEqual({ code, stdout }, { code: 0, stdout: "" });
  assert.match(await readFile(file, "utf8"), /^lower,upper,value,variance\n-inf,0,/);
  const unwritable = await ask(met, "--output", join(app.directory, "none", "result"));
  assert.equal(unwritable.code, 1);
  assert.match(unwritable.stderr, /^Cannot write the result to .*none/);
});

test("query --output takes the format from the extension, unless --format names one", async (t) => {
  const { ask, app } = await openCli(t);
  const write = async (name: string, ...args: readonly string[]) => {
    const file = join(app.directory, name);
    assert.equal((await ask(met, "--output", file, ...args)).code, 0);
    return readFile(file, "utf8");
  };
  assert.match(await write("result.svg"), /^<svg/);
  assert.match(await write("result.CSV"), /^lower,upper,/);
  assert.equal(JSON.parse(await write("result.json")).state, "done");
  assert.match(await write("result"), /^Missing energy · events · done\n/);
  assert.match(await write("other.svg", "--format", "csv"), /^lower,upper,/);
});

test("query --output with an extension of no format exits with 2 and names those there are; the server is not asked", async () => {
  const { code, stderr } = await runCli(["query", "-", "--output", "mass.png"], { input: "{}", fetch: () => assert.fail("asked") });
  assert.equal(code, 2);
  assert.match(stderr, /^Cannot tell the format of mass\.png: an extension of .*\.svg is required, or --format\n$/);
});

test("query --histogram picks one of several; without it csv names them and is refused", async (t) => {
  const { ask } = await openCli(t);
  const silent = await ask(both, "--format", "csv", "--histogram", "low");
  assert.deepEqual({ code: silent.code, stderr: silent.stderr }, { code: 0, stderr: "" });
  assert.match(silent.stdout, /\n18,20,0,0\n/, "nothing passes 20 and fills below it");
  const refused = await ask(both, "--format", "csv");
  assert.equal(refused.code, 2);
  assert.match(refused.stderr, /^Cannot write 2 histograms as csv: choose one by --histogram NAME, of (met, low|low, met)\n$/);
  const unknown = await ask(both, "--histogram", "high");
  assert.equal(unknown.code, 2);
  assert.match(unknown.stderr, /^Cannot show histogram high: the query has /);
});

test("query draws the cut flow, all events first", async (t) => {
  const { ask, app } = await openCli(t);
  const passed = app.events.filter(({ MET_pt }) => MET_pt > 20).length;
  const { stdout } = await ask(both);
  assert.match(stdout, /all events +1\u202f000 .*100\.0 %/);
  assert.match(stdout, new RegExp(`MET\\.pt > 20 +${passed} .*${((100 * passed) / 1000).toFixed(1)} %`));
});

test("a wrong expression exits with 2 and has a caret under its place and the near name", async (t) => {
  const { ask, app } = await openCli(t);
  const { code, stdout, stderr } = await ask({ ...met, histograms: { met: { axes: [{ ...axis, value: "sqrt(MET.ptt) + 1" }] } } });
  assert.deepEqual({ code, stdout, computed: app.computed.length }, { code: 2, stdout: "", computed: 0 });
  const lines = stderr.split("\n");
  const source = lines.findIndex((line) => line.trim() === "sqrt(MET.ptt) + 1");
  assert.match(lines[source - 1], /^\/histograms\/met\/axes\/0\/value 1:\d+$/);
  const caret = lines[source + 1].indexOf("^") - lines[source].indexOf("sqrt");
  assert.ok(caret >= "sqrt(".length && caret <= "sqrt(MET.".length, `the caret is under ${lines[source].trim()[caret]}`);
  assert.match(stderr, /Did you mean .*pt/);
});

test("text that is not JSON exits with 2 and points at its place; the server is not asked", async () => {
  const { code, stderr } = await runCli(["query", "-"], { input: '{\n  "dataset": demo\n}', fetch: () => assert.fail("asked") });
  assert.equal(code, 2);
  assert.match(stderr, /^standard input 2:14 is not JSON\n {4}"dataset": demo\n {15}\^\n/);
});

test("a file that is not there, and wrong usage, exit with 2", async () => {
  const missing = await runCli(["query", "no-such-file.json"]);
  assert.deepEqual(
    { code: missing.code, stderr: missing.stderr },
    { code: 2, stderr: "Cannot read no-such-file.json: there is no such file\n" },
  );
  assert.equal((await runCli(["query"])).code, 2);
  assert.equal((await runCli(["query", "-", "--format", "root"])).code, 2);
  assert.equal((await runCli(["query", "-", "--timeout", "soon"])).code, 2);
  assert.equal((await runCli(["quary", "x"])).code, 2);
  assert.match((await runCli(["query", "-", "--wrong"])).stderr, /femtoq query --help shows what is possible/);
  assert.match((await runCli(["datasets", "--server", "localhost:8000"])).stderr, /must be a URL like http/);
});

test("an unknown dataset exits with 2 and names the near one", async (t) => {
  const { ask } = await openCli(t);
  const { code, stderr } = await ask({ ...met, dataset: "event" });
  assert.equal(code, 2);
  assert.match(stderr, /there is no dataset 'event'/i);
  assert.match(stderr, /Did you mean events\?/);
});

test("a server that is not there exits with 3 and says how to start one", async () => {
  const { code, stderr } = await runCli(["query", "-", "--server", "http://127.0.0.1:1"], { input: "{}" });
  assert.equal(code, 3);
  assert.match(stderr, /^Cannot reach http:\/\/127\.0\.0\.1:1: .*\nIs the server running\? `npm start`/);
});

test("a result without some partitions exits with 1 and names them with their cause", async () => {
  const failures = [{ partition: 1, file: "b.parquet", attempts: 3, cause: "the file is truncated" }];
  const { code, stdout, stderr } = await runCli(["query", "-"], {
    input: "{}",
    fetch: fetchFrom(() => Response.json(sampleStatus({ failures }))),
  });
  assert.equal(code, 1);
  assert.match(stdout, /█/);
  assert.match(stderr, /Partition 1 of b\.parquet failed after 3 attempts: the file is truncated/);
});

test("a query of which every partition failed exits with 1, and says so", async () => {
  const failures = [0, 1].map((partition) => ({ partition, file: "b.parquet", attempts: 3, cause: "the file is truncated" }));
  const { code, stderr } = await runCli(["query", "-"], {
    input: "{}",
    fetch: fetchFrom(() => Response.json(sampleStatus({ state: "failed", failures }))),
  });
  assert.equal(code, 1);
  assert.match(stderr, /^The query failed: each of its 2 partitions did\.$/m);
});

test("an error of the server exits with 1", async () => {
  const problem = { type: "about:blank", title: "Internal error", status: 500, code: "internal", detail: "its log says why" };
  const answer = () => new Response(JSON.stringify(problem), { status: 500, headers: { "content-type": "application/problem+json" } });
  const { code, stderr } = await runCli(["query", "-"], { input: "{}", fetch: fetchFrom(answer) });
  assert.deepEqual({ code, stderr }, { code: 1, stderr: "Internal error: its log says why\n" });
});

test("--timeout withdraws the query and exits with 1", async (t) => {
  const { ask, app, fetch } = await openCli(t);
  app.gate.close();
  const { code, stderr } = await ask(met, "--timeout", "0.3");
  assert.equal(code, 1);
  assert.match(stderr, /^The query did not end within 0\.3 s and was withdrawn/);
  app.gate.open();
  const { state } = (await (await app.post(met, { prefer: "wait=10" })).json()) as Status;
  assert.equal(state, "done", "asked again it goes on");
  assert.equal((await runCli(["datasets"], { fetch })).code, 0);
});

test("a query over a dataset that is still being made is asked again until it is complete", async () => {
  const stages = [100, 150, 200].map((entries) =>
    sampleStatus({ events: { total: entries, done: entries }, ...(entries < 200 && { preparing: { entries, total: 200 } }) }),
  );
  let posts = 0;
  const fetch = fetchFrom((request) => {
    if (request.method === "POST") return Response.json(stages[posts++]);
    return Response.json({ name: "demo", ...(posts < 2 && { preparing: { entries: 150, total: 200 } }) });
  });
  const { code, stdout, stderr } = await runCli(["query", "-"], { input: "{}", fetch });
  assert.deepEqual({ code, posts }, { code: 0, posts: 3 });
  assert.match(stdout, /200 of 200 events/);
  assert.match(stderr, /^The dataset demo is still being made \(100 of 200 events\): waiting for the rest\n$/);
});

for (const [note, told] of [
  ["no nodes", "There are no compute nodes: the query waits until one starts\n"],
  ["no nodes: no offer with 2 cpus", "There are no compute nodes (no offer with 2 cpus): the query waits until one starts\n"],
] as const) {
  test(`a query that waits for a first node says so where no progress bar does: ${note}`, async () => {
    const waiting = sampleStatus({ state: "waiting", note });
    const fetch = fetchFrom((request) => {
      if (request.method === "POST") return Response.json(waiting, { status: 202 });
      return new Response(`event: done\ndata: ${JSON.stringify(sampleStatus({}))}\n\n`, {
        headers: { "content-type": "text/event-stream" },
      });
    });
    const { code, stderr } = await runCli(["query", "-"], { input: "{}", fetch });
    assert.deepEqual({ code, stderr }, { code: 0, stderr: told });
  });
}

test("progress and colours show on a terminal only, and NO_COLOR is honoured", async (t) => {
  const { app, fetch } = await openCli(t);
  const file = join(app.directory, "met.json");
  await writeFile(file, JSON.stringify(met));
  const terminal = await runCli(["query", file], { fetch, columns: 100 });
  assert.match(terminal.stderr, /\/4 partitions/);
  assert.ok(terminal.stdout.includes(escapeSequence));
  const plain = await runCli(["query", file, "--no-progress"], { fetch, columns: 100, environment: { NO_COLOR: "1" } });
  assert.equal(plain.stderr, "");
  assert.ok(!plain.stdout.includes(escapeSequence));
});
