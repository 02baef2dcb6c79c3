import assert from "node:assert/strict";
import { test } from "node:test";
import type { Problem } from "../../functions/api.ts";
import { openApp } from "../support/open-app.ts";

test("GET /datasets and GET /datasets/NAME give sizes and schema, and no folder of this machine", async (t) => {
  const app = await openApp(t);
  const { datasets } = (await (await app.request("/datasets")).json()) as {
    datasets: readonly { name: string; entries: number; partitions: number }[];
  };
  assert.deepEqual(
    datasets.map(({ name, entries, partitions }) => [name, entries, partitions]),
    [["events", 1000, 4]],
  );
  const answer = await app.request("/datasets/events");
  const text = await answer.text();
  const { columns } = JSON.parse(text) as { columns: readonly { name: string; dtype: string; lists: readonly string[] }[] };
  assert.equal(columns.find(({ name }) => name === "Muon_charge")?.dtype, "int32");
  assert.deepEqual(columns.find(({ name }) => name === "Muon_pt")?.lists, ["Muon"]);
  assert.ok(!text.includes(app.directory));
});

test("an unknown dataset is a 404 that names near ones", async (t) => {
  const app = await openApp(t);
  const answer = await app.request("/datasets/evens");
  assert.equal(answer.status, 404);
  assert.deepEqual(((await answer.json()) as Problem).errors?.[0].near, ["events"]);
});

test("GET /nodes counts what the node did, and /healthz and /readyz answer", async (t) => {
  const app = await openApp(t);
  await app.ask({ dataset: "events", histograms: { h: { axes: [{ type: "regular", bins: 2, lower: 0, upper: 1, value: "MET.pt" }] } } });
  const status = (await (await app.request("/nodes")).json()) as {
    nodes: readonly { done: number; threads: number }[];
    store: { bodies: number };
  };
  assert.equal(status.nodes.length, 1);
  assert.equal(status.nodes[0].done, 4);
  assert.equal(status.nodes[0].threads, 2);
  assert.equal(status.store.bodies, 5);
  assert.equal((await app.request("/healthz")).status, 200);
  assert.equal((await app.request("/readyz")).status, 200);
});
