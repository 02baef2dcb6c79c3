import assert from "node:assert/strict";
import { test } from "node:test";
import type { Status } from "../../../functions/api.ts";
import { createApp } from "../../../functions/app.ts";
import { Timeline } from "../../../functions/dispatch/answer/timeline.ts";
import { getPartial } from "../../storage/one-at-a-time.ts";
import { openApp } from "../../support/open-app.ts";

const met = (name?: string) => ({
  dataset: "events",
  ...(name && { name }),
  histograms: { met: { axes: [{ type: "regular", bins: 10, lower: 0, upper: 200, value: "MET.pt" }] } },
});

test("a status tells of every partition that was computed for it, in phases that do not exceed its time", async (t) => {
  const app = await openApp(t);
  const { timing, partitions } = await app.ask(met());
  const { phases, slowest, measured, seconds, stored } = timing;
  assert.equal(stored, undefined);
  assert.equal(measured, partitions.total);
  assert.deepEqual(slowest!.map(({ partition }) => partition).sort(), [0, 1, 2, 3]);
  assert.ok(phases!.computing > 0 && phases!.loading > 0 && phases!.decoding > 0 && phases!.merging > 0);
  for (const { waiting, compiling, loading, thread, computing, saving } of slowest!) {
    // Clocks of a millisecond's grain.
    assert.ok(waiting + compiling + loading + thread + computing + saving <= seconds + 0.005);
  }
  const sum = slowest!.reduce((all, { computing }) => all + computing, 0);
  assert.ok(Math.abs(sum - phases!.computing) < 1e-4);
});

test("a stored repeat says that it is one and keeps the first run's time, also for another name and another dispatcher", async (t) => {
  const app = await openApp(t);
  const asked = performance.now();
  const first = await app.ask(met("one"));
  const expected = { ...first.timing, stored: true };
  const again = await app.ask(met("one"));
  assert.deepEqual({ ...again.timing, seconds: 0 }, { ...expected, seconds: 0 });
  assert.ok(again.timing.seconds > 0 && again.timing.seconds <= (performance.now() - asked) / 1000);
  const other = createApp(app.services);
  const answer = await other.request("/queries", { method: "POST", body: JSON.stringify(met("two")) });
  const renamed = (await answer.json()) as Status;
  assert.equal(renamed.name, "two");
  assert.deepEqual(renamed.timing.phases, first.timing.phases);
  assert.equal(renamed.timing.seconds, again.timing.seconds);
});

test("partials that were stored before a plan was asked for are not counted as its work", async (t) => {
  const app = await openApp(t);
  const early = await app.ask(met());
  // The same partials under a plan that nobody asked for before: another dispatcher over a dataset that lost its result.
  const stored = await Promise.all(
    app.computed.map(({ programKey, fingerprint }) => getPartial(app.services.store, `${programKey}:${fingerprint}`)),
  );
  const notes = stored.map((body) => body?.note);
  assert.equal(notes.length, early.partitions.total);
  const later = new Timeline(Date.now() + 60_000);
  for (const [index, note] of notes.entries()) assert.equal(later.add({ index, file: "events.parquet" }, note, undefined), undefined);
  assert.equal(later.read(Date.now()).measured, 0);
});
