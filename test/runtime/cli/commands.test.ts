import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { type TestContext, test } from "node:test";
import { sampleStatus } from "../../support/engine/sample-histograms.ts";
import { openApp } from "../../support/open-app.ts";
import { until } from "../../support/until.ts";
import { fetchFrom, runCli } from "./run-cli.ts";

const query = JSON.stringify({
  dataset: "events",
  filter: "MET.pt > 20",
  histograms: { pt: { axes: [{ type: "regular", bins: 10, lower: 0, upper: 200, value: "Muon.pt" }] } },
});

async function openCli(t: TestContext) {
  const app = await openApp(t);
  const fetch = fetchFrom((request) => {
    const url = new URL(request.url);
    return app.request(url.pathname + url.search, request);
  });
  return { app, run: (args: readonly string[], input = "") => runCli(args, { fetch, input }) };
}

test("datasets lists them; datasets NAME lists its columns", async (t) => {
  const { run } = await openCli(t);
  assert.match((await run(["datasets"])).stdout, /^dataset +events +partitions +size\nevents +1\u202f000 +4 +/);
  assert.match((await run(["datasets", "events"])).stdout, /\nMuon_pt +list of float\d\d +Muon\.pt\n/);
  assert.equal(JSON.parse((await run(["datasets", "--json"])).stdout).datasets[0].name, "events");
  assert.equal((await run(["datasets", "evens"])).code, 2);
});

test("explain tells columns, filters and partitions, and computes nothing", async (t) => {
  const { run, app } = await openCli(t);
  const { code, stdout } = await run(["explain", "-"], query);
  assert.equal(code, 0);
  assert.match(stdout, /reads 2 columns\n {2}(Muon_pt|MET_pt)/);
  assert.match(stdout, /partitions: 4 to compute/);
  assert.match(stdout, /filters\n {2}MET\.pt > 20/);
  assert.equal(app.computed.length, 0);
});

test("status tells of server, queue and store; status ID of a query; both of nothing else", async (t) => {
  const { run } = await openCli(t);
  assert.match((await run(["status"])).stdout, /is ready\nqueue: 0 waiting, 0 running, 0 failed\nstore: /);
  const asked = JSON.parse((await run(["query", "-", "--format", "json"], query)).stdout);
  const { code, stdout } = await run(["status", asked.id]);
  assert.equal(code, 0);
  assert.match(stdout, /events · done/);
  assert.equal((await run(["status", "0".repeat(64)])).code, 2);
});

test("nodes shows what status shows of the server", async (t) => {
  const { run } = await openCli(t);
  const { code, stdout } = await run(["nodes"]);
  assert.equal(code, 0);
  assert.match(stdout, /is ready\nqueue: 0 waiting, 0 running, 0 failed\nstore: [^\n]*\n\nnode +id /);
  assert.deepEqual(Object.keys(JSON.parse((await run(["nodes", "--json"])).stdout)), ["ready", "reasons", "nodes", "subtasks", "store"]);
});

test("--version prints the package's version", async () => {
  const { version } = JSON.parse(await readFile(new URL("../../../package.json", import.meta.url), "utf8"));
  assert.deepEqual(await runCli(["--version"]), { code: 0, stdout: `${version}\n`, stderr: "" });
});

test("status of a server that is not ready says why and exits with 1", async () => {
  const fetch = fetchFrom(({ url }) =>
    url.endsWith("/readyz")
      ? Response.json({ status: "not ready", reasons: ["the store is being opened"] }, { status: 503 })
      : Response.json({ nodes: [], subtasks: { unowned: 0, owned: 0, failed: 0 }, store: { bodies: 0, bytes: 0, limit: 1e9 } }),
  );
  const { code, stdout } = await runCli(["status"], { fetch });
  assert.equal(code, 1);
  assert.match(stdout, /is not ready: the store is being opened/);
});

test("status ID of a cancelled query exits with 1", async () => {
  const { code } = await runCli(["status", "abc"], { fetch: fetchFrom(() => Response.json(sampleStatus({ state: "cancelled" }))) });
  assert.equal(code, 1);
});

test("cancel ends the interest that query has: both commands are the same client", async (t) => {
  const { run, app } = await openCli(t);
  app.gate.close();
  const asked = run(["query", "-", "--format", "json"], query);
  const accepted = () => app.lines.find(({ message }) => message === "query accepted");
  await until(() => accepted() !== undefined, "the query's acceptance");
  const id = String(accepted()!.fields.query);
  assert.equal((await app.post(JSON.parse(query), { "femtoq-client": "somebody" })).status, 202);
  await app.request(`/queries/${id}`, { method: "DELETE", headers: { "femtoq-client": "somebody" } });
  assert.equal((await run(["cancel", id])).stdout, "withdrawn\n");
  const { code, stderr } = await asked;
  assert.equal(code, 1);
  assert.match(stderr, /The query was cancelled\./);
});

test("cancel says that a query goes on for others, or had ended", async () => {
  const cancel = (state: "running" | "done") =>
    runCli(["cancel", "abc"], { fetch: fetchFrom(() => Response.json(sampleStatus({ state }))) });
  assert.equal((await cancel("running")).stdout, "withdrawn; it goes on, for others want it\n");
  assert.equal((await cancel("done")).stdout, "it had ended: done\n");
});

test("commands of operators show the coordinator's secret where there is one", async () => {
  const shown = async (args: readonly string[], environment: Readonly<Record<string, string>>) => {
    const seen: (string | null)[] = [];
    const fetch = fetchFrom(({ headers }) => {
      seen.push(headers.get("authorization"));
      return Response.json({ ...sampleStatus({ state: "cancelled" }), removed: 1, kept: 0 });
    });
    assert.equal((await runCli(args, { fetch, environment })).code, 0);
    return seen;
  };
  for (const args of [
    ["purge", "abc"],
    ["cancel", "abc", "--force"],
    ["datasets", "old", "--forget"],
  ]) {
    assert.deepEqual(await shown(args, { FEMTOQ_ZOOKEEPER_AUTH: "femtoq:secret" }), ["Bearer femtoq:secret"]);
    assert.deepEqual(await shown(args, {}), [null]);
  }
  assert.deepEqual(await shown(["cancel", "abc"], { FEMTOQ_ZOOKEEPER_AUTH: "femtoq:secret" }), [null]);
});

test("a command about a query that there is not exits with 2 and says where ids are", async (t) => {
  const { run } = await openCli(t);
  for (const command of ["status", "cancel", "retry", "purge"]) {
    const { code, stderr } = await run([command, "abc"]);
    assert.equal(code, 2);
    assert.match(stderr, /no query abc.*\n`femtoq queries` lists recent queries/);
  }
});

test("nodes says of a node whose compute function is elsewhere that it holds no columns itself", async () => {
  const node = { id: "n", host: "h for f:9000", threads: 2, cacheBytes: 0, cacheLimit: 0, running: 0, done: 1, failed: 0 };
  const nodes = [{ ...node, since: new Date().toISOString() }];
  const answer = { nodes, subtasks: { unowned: 0, owned: 0, failed: 0 }, store: { bodies: 0, bytes: 0, limit: 1e9 } };
  const fetch = fetchFrom(({ url }) => Response.json(url.endsWith("/readyz") ? { status: "ready", reasons: [] } : answer));
  assert.match((await runCli(["nodes"], { fetch })).stdout, /h for f:9000 .* elsewhere/);
});

test("functions lists them with their parameters; functions NAME calls one", async (t) => {
  const { run } = await openCli(t);
  assert.match((await run(["functions"])).stdout, /^dimuon-mass\n {2}\S[\s\S]*bins=300 integer/);
  const called = await run(["functions", "spectrum", "dataset=events", "value=MET.pt", "bins=20", "--format", "csv"]);
  assert.equal(called.code, 0);
  assert.equal(called.stdout.trimEnd().split("\n").length, 23);
  assert.equal((await run(["functions", "spectrum", "bins"])).code, 2);
  assert.equal((await run(["functions", "spectrum", "bins=none"])).code, 2);
  assert.equal((await run(["functions", "spectre"])).code, 2);
});

test("--help teaches: examples, a query, exit codes", async () => {
  const top = await runCli(["--help"]);
  assert.equal(top.code, 0);
  assert.match(top.stdout, /Exit codes: 0 done, 1 failed/);
  const { code, stdout } = await runCli(["query", "--help"]);
  assert.equal(code, 0);
  assert.match(stdout, /femtoq query examples\/dimuon-mass\.json/);
  const shown = JSON.parse(/\n {2}(\{\n[\s\S]*?\n {2}\})\n/.exec(stdout)![1]);
  assert.deepEqual(Object.keys(shown), ["dataset", "histograms"]);
});

test("what others wrote is shown escaped and forges no row, by every command, on a terminal or not", async (t) => {
  const { run, app } = await openCli(t);
  const hostile = "\u001b]0;PWNED\u0007\u001b[31mred\u009b2J\u202e\nfaked  done  events";
  const asked = { ...JSON.parse(query), name: hostile, filter: "MET.pt > 1 // \u001b[2J\u001b[5m" };
  asked.histograms.pt = { label: hostile, axes: [{ ...asked.histograms.pt.axes[0], label: hostile }] };
  const { id } = await app.ask(asked);
  const others = fetchFrom((request) => app.request(new URL(request.url).pathname + new URL(request.url).search, request));
  const ourColours = new RegExp(`${String.fromCharCode(27)}\\[(?:0|1|2|3[0-9]|22|39)m`, "g");
  for (const args of [
    ["queries"],
    ["status", id],
    ["query", "-"],
    ["query", "-", "--format", "json"],
    ["explain", "-"],
    ["queries", "--json"],
    ["datasets", hostile],
  ]) {
    for (const columns of [undefined, 100]) {
      const { stdout, stderr } = await runCli(args, { fetch: others, input: JSON.stringify(asked), ...(columns && { columns }) });
      // The colours and the progress bar are our own.
      const shown = (stdout + (args[0] === "query" ? "" : stderr)).replace(ourColours, "");
      if (args[0] !== "datasets") assert.match(shown, /faked {2}done|2J/, args.join(" "));
      assert.doesNotMatch(shown, /(?![\n\t])\p{Cc}|\u202e|^faked/mu, args.join(" "));
    }
  }
  assert.match((await run(["queries"])).stdout, /\\u001b\]0;PWNED\\u0007\\u001b\[31mred\\u009b2J\\u202e\\u000afaked {2}done/);
});
