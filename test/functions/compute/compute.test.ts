import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeOutcomes } from "../../../functions/compute/encode-outcomes.ts";
import { getPartial } from "../../storage/one-at-a-time.ts";
import { openApp } from "../../support/open-app.ts";

const histogramOf = (value: string) => ({
  dataset: "events",
  histograms: { h: { axes: [{ type: "regular", bins: 10, lower: 0, upper: 100, value }] } },
});

test("POST /compute answers the stored partials of several programs over several partitions, with the time each took", async (t) => {
  const app = await openApp(t);
  await app.ask(histogramOf("MET.pt"));
  await app.ask(histogramOf("Muon.pt"));
  const programs = [...new Set(app.computed.map(({ programKey }) => programKey))];
  const own = app.computed.filter(({ programKey }) => programKey === programs[0]);
  const partitions = own.map(({ partition, fingerprint }) => ({ partition, fingerprint }));
  assert.deepEqual([programs.length, partitions.length], [2, 4]);
  const unknown = "0".repeat(64);
  const body = JSON.stringify({ programs: [programs[0], unknown, programs[1]], dataset: "events", partitions });
  const answer = await app.request("/compute", { method: "POST", body });
  assert.equal(answer.status, 200);
  assert.equal(answer.headers.get("content-type"), "application/vnd.femtoq.outcomes");
  const outcomes = await decodeOutcomes(new Uint8Array(await answer.arrayBuffer()), 12);
  for (const [index, { fingerprint }] of partitions.entries()) {
    const [one, none, two] = outcomes.slice(3 * index, 3 * index + 3);
    assert.ok(none?.kind === "failed" && none.permanent && /the store does not have it/.test(none.cause));
    for (const [program, outcome] of [one, two].entries()) {
      assert.ok(outcome?.kind === "partial" && outcome.timing !== undefined && outcome.timing.computing > 0);
      const stored = await getPartial(app.services.store, `${programs[program]}:${fingerprint}`);
      assert.deepEqual(outcome.partial, stored?.bytes);
    }
  }
});

test("POST /compute refuses more programs × partitions than it computes at a time, and names that come twice", async (t) => {
  const app = await openApp(t);
  const hash = (index: number) => index.toString(16).padStart(64, "0");
  const compute = async (programs: number, partitions: number, step = 1) => {
    const names = { programs: Array.from({ length: programs }, (_, i) => hash(i * step)), dataset: "events" };
    const body = JSON.stringify({
      ...names,
      partitions: Array.from({ length: partitions }, (_, i) => ({ partition: i, fingerprint: hash(i) })),
    });
    const answer = await app.request("/compute", { method: "POST", body });
    return { status: answer.status, text: await answer.text() };
  };
  const refused = await compute(16, 17);
  assert.equal(refused.status, 400);
  assert.match(refused.text, /at most 256 programs × partitions/);
  assert.equal((await compute(65, 1)).status, 400);
  assert.equal((await compute(2, 1, 0)).status, 400);
  assert.equal((await compute(1, 0)).status, 400);
  assert.equal(app.computed.length, 0);
  assert.equal((await compute(16, 16)).status, 200);
});
