/** The metrics and logs of all processes of a cluster after one query. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, test } from "node:test";
import { auditLogs } from "../../runtime/observe/audit/audit-log.ts";
import { temporaryDirectory } from "../runtime/server-process.ts";
import { post, status } from "../runtime/slow-query.ts";
import { requireServer } from "../servers/require-server.ts";
import { openCluster, readReasons, startClusterServers } from "../support/cluster.ts";
import { assertComplete, makeClusterDataset, partitions, clusterQuery as query } from "../support/cluster-dataset.ts";
import { readSeries } from "../support/read-series.ts";
import { until } from "../support/until.ts";

const servers = requireServer("metrics of a cluster", await startClusterServers({ tick: 200 }));
const dataset = await makeClusterDataset();
const logs = await temporaryDirectory();

after(async () => {
  await servers?.stop();
  await Promise.all([dataset.remove(), logs.remove()]);
});

if (servers) {
  test("every role has metrics of its part; the status tells of nodes' work through the store; the logs add up", async (t) => {
    const cluster = await openCluster(t, servers, { args: dataset.args });
    const logFile = join(logs.path, "dispatch.log");
    const [first, second, node] = await Promise.all([
      cluster.start("dispatch", { args: ["--log-file", logFile] }),
      cluster.start("dispatch"),
      cluster.start("compute"),
    ]);
    await until(async () => (await readReasons(node)).length === 0);
    const { code, status: done } = await post(first.url, query(100), 60);
    assert.equal(code, 200);
    assertComplete(done, 100);

    assert.equal(done.timing.measured, partitions);
    assert.ok(done.timing.phases!.computing > 0 && done.timing.phases!.loading > 0);
    assert.equal(done.timing.slowest?.length, 10);
    assert.equal(new Set(done.timing.slowest?.map(({ node }) => node)).size, 1);
    const elsewhere = await status(second.url, done.id);
    assert.equal(elsewhere.timing.stored, true);
    assert.deepEqual(elsewhere.timing.phases, done.timing.phases);
    assert.deepEqual(elsewhere.timing.slowest, done.timing.slowest);

    const scrape = async (url: string) => readSeries(await (await fetch(`${url}/metrics`)).text());
    // The dispatcher may hear of the end of the last subtasks before the node has counted it.
    await until(async () => (await scrape(node.url)).get('femtoq_subtasks_total{outcome="computed"}') === partitions, "the node's count");
    const [dispatching, computing] = [await scrape(first.url), await scrape(node.url)];
    assert.equal(computing.get('femtoq_subtask_seconds_count{phase="saving"}'), partitions);
    // Several subtasks may be stored and completed together.
    for (const calls of ['femtoq_coordinator_seconds_count{operation="complete"}', 'femtoq_store_seconds_count{operation="putPartials"}'])
      assert.ok(computing.get(calls)! >= 1 && computing.get(calls)! <= partitions, calls);
    assert.ok(computing.get("femtoq_read_bytes_total")! > 0);
    assert.ok(computing.get('femtoq_worker_busy_seconds_total{job="run"}')! > 0);
    assert.equal(dispatching.has("femtoq_cache_bytes"), false, "a dispatcher has no column cache");
    assert.equal(dispatching.get("femtoq_merge_seconds_count"), partitions);
    assert.equal(dispatching.get('femtoq_coordinator_seconds_count{operation="enqueue"}'), 1);
    assert.equal(dispatching.get('femtoq_queries_ended_total{state="done"}'), 1);
    for (const state of ["waiting", "running", "failed"]) assert.equal(dispatching.get(`femtoq_queue_subtasks{state="${state}"}`), 0);

    const text = await readFile(logFile, "utf8");
    const lines = {
      name: "dispatch",
      lines: async function* () {
        yield* text.trimEnd().split("\n");
      },
    };
    const audit = await auditLogs([lines]);
    assert.deepEqual([audit.received, audit.answered, audit.accepted, audit.open.length, audit.unreadable], [1, 1, 1, 0, 0]);
  });
}
