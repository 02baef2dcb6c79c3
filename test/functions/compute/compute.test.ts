import assert from "node:assert/strict";
import { test } from "node:test";
import { usualLimits } from "../../../functions/admission/limits.ts";
import { createApp } from "../../../functions/app.ts";
import { decodeOutcomes } from "../../../functions/compute/encode-outcomes.ts";
import type { Services } from "../../../functions/services.ts";
import { getPartial } from "../../storage/one-at-a-time.ts";
import { openApp, type TestApp } from "../../support/open-app.ts";
import { until } from "../../support/until.ts";

const histogramOf = (value: string) => ({
  dataset: "events",
  histograms: { h: { axes: [{ type: "regular", bins: 10, lower: 0, upper: 100, value }] } },
});

/** The functions of a process that computes, over the services of another app. `from`: the address that asks. */
function computing(app: TestApp, { from = "127.0.0.1", ...services }: Partial<Services> & { readonly from?: string } = {}) {
  const compute = createApp({ ...app.services, role: "compute", ...services });
  return async (body: unknown, headers: Readonly<Record<string, string>> = {}) => {
    const connection = { address: from };
    return compute.request("/compute", { method: "POST", body: JSON.stringify(body), headers: { ...headers } }, connection);
  };
}

test("POST /compute answers the stored partials of several programs over several partitions, with the time each took", async (t) => {
  const app = await openApp(t);
  await app.ask(histogramOf("MET.pt"));
  await app.ask(histogramOf("Muon.pt"));
  const programs = [...new Set(app.computed.map(({ programKey }) => programKey))];
  const own = app.computed.filter(({ programKey }) => programKey === programs[0]);
  const partitions = own.map(({ partition, fingerprint }) => ({ partition, fingerprint }));
  assert.deepEqual([programs.length, partitions.length], [2, 4]);
  const unknown = "0".repeat(64);
  const answer = await computing(app)({ programs: [programs[0], unknown, programs[1]], dataset: "events", partitions });
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
    const answer = await computing(app)({
      ...names,
      partitions: Array.from({ length: partitions }, (_, i) => ({ partition: i, fingerprint: hash(i) })),
    });
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

test("POST /compute is served to this machine, and to others with the secret only; where queries are taken it is not there", async (t) => {
  const app = await openApp(t);
  assert.equal((await app.request("/compute", { method: "POST", body: "{}" })).status, 404);
  const statusOf = async (services: Parameters<typeof computing>[1], headers = {}) => (await computing(app, services)({}, headers)).status;
  // 400: it looked at the request.
  assert.equal(await statusOf({ from: "::ffff:127.0.0.1" }), 400);
  assert.equal(await statusOf({ from: "10.0.0.7" }), 403);
  assert.equal(await statusOf({ from: "127.0.0.1" }, { "x-forwarded-for": "10.0.0.7" }), 403);
  const computeSecret = "open sesame, please";
  assert.equal(await statusOf({ from: "10.0.0.7", computeSecret }), 403);
  assert.equal(await statusOf({ from: "10.0.0.7", computeSecret }, { authorization: "Bearer open sesame, plexse" }), 403);
  assert.equal(await statusOf({ from: "10.0.0.7", computeSecret }, { authorization: `Bearer ${computeSecret}` }), 400);
});

test("POST /compute takes on so many requests at a time, in all, and leaves the rest undone where the partials are too large together", async (t) => {
  const app = await openApp(t);
  await app.ask(histogramOf("MET.pt"));
  const { programKey, dataset } = app.computed[0]!;
  const partitions = app.computed.map(({ partition, fingerprint }) => ({ partition, fingerprint }));
  const limits = { ...usualLimits, queries: 1, clientQueries: 1, streams: 1, clientStreams: 1, longestWait: 1, computations: 2 };
  const ask = computing(app, { limits });
  const body = { programs: [programKey], dataset, partitions };
  app.gate.close();
  const begun = [ask(body), ask(body)];
  await until(() => app.waiting() === 2);
  assert.equal((await ask(body, { "femtoq-client": "another" })).status, 503);
  app.gate.open();
  for (const answer of await Promise.all(begun)) assert.equal(answer.status, 200);
  const narrow = await computing(app, { limits: { ...limits, computations: 2 ** 27 } })(body);
  const outcomes = await decodeOutcomes(new Uint8Array(await narrow.arrayBuffer()), 4);
  assert.equal(outcomes[0]!.kind, "partial");
  assert.ok(outcomes.some((outcome) => outcome.kind === "undone" && /too large together/.test(outcome.cause)));
});
