import assert from "node:assert/strict";
import { utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { parquetWriteBuffer } from "hyparquet-writer";
import type { Status } from "../../functions/api.ts";
import { openApp } from "../support/open-app.ts";
import { until } from "../support/until.ts";
import { makeEvents, writeEvents } from "../support/write-events.ts";

const query = { dataset: "growing", histograms: { h: { axes: [{ type: "regular", bins: 8, lower: 0, upper: 200, value: "MET.pt" }] } } };

test("a dataset that grew by a file computes the new partitions only; one whose file changed computes that file anew", async (t) => {
  const base = await openApp(t);
  const file = (number: number) => join(base.directory, `grow-${number}.parquet`);
  await writeEvents(file(0), makeEvents(400, 1), 200);
  const app = await openApp(t, { extraData: [`growing=${join(base.directory, "grow-*.parquet")}`] });
  const first = await app.ask(query);
  assert.equal(first.events.done, 400);

  await writeEvents(file(1), makeEvents(300, 2), 100);
  const grown = await app.ask(query);
  assert.deepEqual(grown.submission, { total: 5, stored: 2, joined: 0, queued: 3 });
  assert.equal(grown.events.done, 700);
  assert.notEqual(grown.id, first.id);

  await writeEvents(file(0), makeEvents(400, 3), 200);
  await utimes(file(0), new Date(), new Date(Date.now() + 5000));
  const changed = await app.ask(query);
  assert.deepEqual(changed.submission, { total: 5, stored: 3, joined: 0, queued: 2 });
  const expected = [...makeEvents(400, 3), ...makeEvents(300, 2)];
  const counts = new Array<number>(10).fill(0);
  for (const { MET_pt } of expected) counts[1 + Math.floor(MET_pt * (8 / 200))]++;
  assert.deepEqual(changed.histograms.h.storage.values, counts);
  assert.equal(app.computed.length, 2 + 3 + 2);
});

test("whoever waits for a query over a dataset that is still being made gets the answer over all of it", async (t) => {
  const base = await openApp(t);
  const file = (number: number) => join(base.directory, `made-${number}.parquet`);
  await writeEvents(file(0), makeEvents(400, 1), 200);
  let isComplete = false;
  const preparing = () => (isComplete ? undefined : { entries: 400, total: 700 });
  const app = await openApp(t, { extraData: [`growing=${join(base.directory, "made-*.parquet")}`], preparing });
  const early = (await (await app.post(query, { prefer: "wait=0.001" })).json()) as Status;
  assert.deepEqual(early.preparing, { entries: 400, total: 700 });

  const waited = app.ask(query);
  await until(() => app.computed.length === 2, "the first file is computed");
  await writeEvents(file(1), makeEvents(300, 2), 100);
  isComplete = true;
  const { state, events, partitions, preparing: left } = await waited;
  assert.deepEqual(
    { state, events, total: partitions.total, left },
    { state: "done", events: { total: 700, done: 700 }, total: 5, left: undefined },
  );
});

test("a query ends as it was planned although a new file widens its column while it runs", async (t) => {
  const base = await openApp(t);
  const file = (number: number) => join(base.directory, `wide-${number}.parquet`);
  const write = async (number: number, values: readonly number[], type: "INT32" | "DOUBLE") => {
    const columnData = [{ name: "x", data: [...values], type, nullable: type === "DOUBLE" }];
    await writeFile(file(number), new Uint8Array(parquetWriteBuffer({ columnData, rowGroupSize: 2 })));
  };
  await write(0, [1, 2, 3, 3], "INT32");
  const app = await openApp(t, { extraData: [`growing=${join(base.directory, "wide-*.parquet")}`] });
  const counts = { dataset: "growing", histograms: { h: { axes: [{ type: "regular", bins: 4, lower: 0, upper: 4, value: "x" }] } } };
  app.gate.close();
  const { id } = (await (await app.post(counts)).json()) as Status;
  await write(1, [0.5, 3.5], "DOUBLE");
  const described = (await (await app.request("/datasets/growing")).json()) as { readonly columns: readonly { readonly dtype: string }[] };
  assert.equal(described.columns[0]!.dtype, "float64");
  app.gate.open();
  const grown = await app.ask(counts);
  assert.deepEqual(grown.histograms.h.storage.values, [0, 1, 1, 1, 3, 0]);
  await (await app.request(`/queries/${id}/events`)).text();
  const first = (await (await app.request(`/queries/${id}`)).json()) as Status;
  assert.deepEqual(first.failures, []);
  assert.equal(first.state, "done");
  assert.deepEqual(first.histograms.h.storage.values, [0, 0, 1, 1, 2, 0]);
});
