import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { type ServerProcess, startServerProcess, temporaryDirectory } from "../runtime/server-process.ts";
import { post, slowQuery } from "../runtime/slow-query.ts";
import { makeEvents, writeEvents } from "../support/write-events.ts";

const rounds = 10;
const partitions = 40;
const events = makeEvents(partitions * 200, 11);

const query = (round: number) => ({
  ...slowQuery("events", round),
  name: `round ${round}`,
  define: { Jet: "Muon" },
  histograms: {
    ...Object.fromEntries(Object.entries((slowQuery("events", round) as { histograms: object }).histograms).slice(0, 4)),
    met: { axes: [{ type: "regular", bins: 20, lower: 0, upper: 200, value: "MET.pt" }] },
  },
});

let state: Awaited<ReturnType<typeof temporaryDirectory>>;
let server: ServerProcess | undefined;

before(async () => {
  state = await temporaryDirectory();
  await writeEvents(join(state.path, "events.parquet"), events, 200);
});

after(async () => {
  server?.kill("SIGKILL");
  await server?.exited;
  await state.remove();
});

const start = () =>
  startServerProcess([
    "--state",
    join(state.path, "state"),
    "--threads",
    "2",
    "--memory",
    "64MiB",
    "--data",
    `events=${join(state.path, "events.parquet")}`,
    "--partition-events",
    "1",
  ]);

test(`a server killed ${rounds} times in the middle of queries ends each of them with the right counts`, async () => {
  const counts = new Array<number>(22).fill(0);
  for (const { MET_pt } of events) counts[MET_pt >= 200 ? 21 : 1 + Math.floor(MET_pt * (20 / 200))]++;
  server = await start();
  let interrupted = 0;
  for (let round = 0; round < rounds; round++) {
    const { status } = await post(server.url, query(round));
    await new Promise((resolve) => setTimeout(resolve, (round * 37) % 150));
    server.kill("SIGKILL");
    await server.exited;
    server = await start();
    const { status: end } = await post(server.url, query(round), 30);
    if (end.submission!.stored < partitions) interrupted++;
    assert.equal(end.id, status.id);
    assert.equal(end.state, "done");
    assert.equal(end.partitions.done, partitions);
    assert.equal(end.events.done, events.length);
    assert.deepEqual(end.histograms.met.storage.values, counts, `round ${round}`);
  }
  assert.ok(interrupted > 0, "no kill came before the end of its query");
});
