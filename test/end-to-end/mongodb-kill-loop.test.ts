/** The whole system on a MongoDB store whose server is killed in the middle of queries, at random moments. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { startServerProcess, temporaryDirectory } from "../runtime/server-process.ts";
import { post, slowQuery } from "../runtime/slow-query.ts";
import { findMongoProgram } from "../servers/mongo-server.ts";
import { requireServer } from "../servers/require-server.ts";
import { makeServerDirectory } from "../servers/server-directory.ts";
import { makeEvents, writeEvents } from "../support/write-events.ts";

const rounds = 10;
const partitions = 40;
const eventsEach = 200;
/** The moments of the kills, in milliseconds. */
const longestTest = 600_000;

const program = requireServer("queries while MongoDB is killed", await findMongoProgram());

const query = (round: number) => {
  const { histograms, ...rest } = slowQuery("events", round) as { readonly histograms: Readonly<Record<string, unknown>> };
  const met = { axes: [{ type: "regular", bins: 20, lower: 0, upper: 200, value: "MET.pt" }] };
  return { ...rest, define: { Jet: "Muon" }, histograms: { ...Object.fromEntries(Object.entries(histograms).slice(0, 4)), met } };
};

if (program) {
  test(`with ${program.name} as the store, killed ${rounds} times, every query ends with the right counts`, {
    timeout: longestTest,
  }, async (t) => {
    const events = makeEvents(partitions * eventsEach, 12);
    const counts = new Array<number>(22).fill(0);
    for (const { MET_pt } of events) counts[MET_pt >= 200 ? 21 : 1 + Math.floor(MET_pt * (20 / 200))]!++;
    const state = await temporaryDirectory();
    t.after(() => state.remove());
    await writeEvents(join(state.path, "events.parquet"), events, eventsEach);
    const mongo = await program.start({ directory: await makeServerDirectory() });
    t.after(() => mongo.stop());
    const data = ["--data", `events=${join(state.path, "events.parquet")}`, "--partition-events", "1"];
    const limits = ["--threads", "2", "--memory", "64MiB", "--log-level", "warn"];
    const server = await startServerProcess(["--state", join(state.path, "state"), "--mongodb", mongo.uri, ...limits, ...data]);
    t.after(async () => {
      server.kill("SIGKILL");
      await server.exited;
    });

    const moments: number[] = [];
    let interrupted = 0;
    for (let round = 0; round < rounds; round++) {
      await post(server.url, query(round));
      moments.push(Math.round(Math.random() * 300));
      await delay(moments.at(-1));
      mongo.signal("SIGKILL");
      await mongo.restart();
      const { code, status: end } = await post(server.url, query(round), 120);
      assert.equal(code, 200, `killed after ${moments} ms: ${JSON.stringify(end)}`);
      if (end.submission!.stored < partitions) interrupted++;
      assert.equal(end.state, "done", `killed after ${moments} ms: ${JSON.stringify(end.failures)}`);
      assert.equal(end.partitions.done, partitions);
      assert.deepEqual(end.histograms.met?.storage.values, counts, `killed after ${moments} ms`);
    }
    t.diagnostic(`killed after ${moments.join(", ")} ms; ${interrupted} of ${rounds} queries were not done when it was back`);
    assert(interrupted > 0, "no kill came before the end of its query");
  });
}
