import assert from "node:assert/strict";
import { mkdir, symlink } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import type { Problem } from "../../functions/api.ts";
import type { DatasetSummary } from "../../functions/client/api-client.js";
import { openApp } from "../support/open-app.ts";
import { until } from "../support/until.ts";
import { makeEvents, writeEvents } from "../support/write-events.ts";

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

test("GET /datasets says what it left out: names that links give to files that are counted already", async (t) => {
  const base = await openApp(t);
  const folder = join(base.directory, "linked");
  await mkdir(join(folder, "2012"), { recursive: true });
  await writeEvents(join(folder, "2012/a.parquet"), makeEvents(30), 10);
  await symlink("2012", join(folder, "latest"));
  const app = await openApp(t, { extraData: [`linked=${folder}`] });
  const { datasets } = (await (await app.request("/datasets")).json()) as { datasets: readonly DatasetSummary[] };
  const [linked] = datasets.filter(({ name }) => name === "linked");
  assert.equal(linked?.entries, 30);
  assert.deepEqual(linked?.notices, ["left out, for links by these names lead to files that are counted already: a.parquet"]);
});

test("a dataset whose files do not answer does not hold GET /datasets", async (t) => {
  const app = await openApp(t);
  const { catalogue } = app.services;
  const { names, get } = catalogue;
  const never = new Promise<never>(() => {});
  Object.assign(catalogue, { names: () => ["dead", ...names()], get: (name: string) => (name === "dead" ? never : get(name)) });
  const { datasets } = (await (await app.request("/datasets")).json()) as { datasets: readonly DatasetSummary[] };
  assert.deepEqual(
    datasets.map(({ name, entries, error }) => [name, entries, error]),
    [
      ["dead", 0, "Cannot say what is in dead yet: its files have not answered for 3 s"],
      ["events", 1000, undefined],
    ],
  );
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
  const look = async () =>
    (await (await app.request("/nodes")).json()) as {
      nodes: readonly { done: number; threads: number }[];
      store: { bodies: number };
    };
  // The result is being stored when the end is told.
  await until(async () => (await look()).store.bodies === 5, "four partials and the result stored");
  const { nodes } = await look();
  assert.equal(nodes.length, 1);
  assert.equal(nodes[0].done, 4);
  assert.equal(nodes[0].threads, 1);
  assert.equal((await app.request("/healthz")).status, 200);
  assert.equal((await app.request("/readyz")).status, 200);
});
