import assert from "node:assert/strict";
import { utimes } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { openApp } from "../support/open-app.ts";
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
