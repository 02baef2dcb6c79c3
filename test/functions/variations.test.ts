import assert from "node:assert/strict";
import { test } from "node:test";
import { nothingAdded } from "../../engine/histogram/total.ts";
import type { Nested, UhiHistogram } from "../../engine/histogram/uhi.ts";
import type { Status } from "../../functions/api.ts";
import { describeStatus } from "../../functions/dispatch/answer/describe-status.ts";
import type { FollowedQuery } from "../../functions/dispatch/follow/followed-query.ts";
import { openApp } from "../support/open-app.ts";

const query = {
  dataset: "events",
  define: { good: "Muon.filter(m => m.pt > 20)" },
  filter: ["good.length >= 1", "MET.pt > 10"],
  totals: { sumw: "genWeight", muons: "good.length" },
  histograms: {
    met: { axes: [{ type: "regular", bins: 10, lower: 0, upper: 200, value: "MET.pt" }] },
    pt: { axes: [{ type: "regular", bins: 8, lower: 0, upper: 160, value: "good.pt" }] },
  },
};
const tight = { define: { good: "good.filter(m => m.pt > 40)" } };
const weighted = { weight: "weight * genWeight" };
const open = { filter: "MET.pt > 50" };
const variations = { tight, weighted, open };
/** The same without variations. */
const spelledOut = {
  tight: { ...query, define: { good: "Muon.filter(m => m.pt > 20).filter(m => m.pt > 40)" } },
  weighted: { ...query, weight: "1 * genWeight" },
  open: { ...query, filter: "MET.pt > 50" },
};

const contentOf = ({ events, cutflow, totals, histograms }: Status["variations"][string]) => ({ events, cutflow, totals, histograms });

test("a status has of each variation what a query that says the same has, and the nominal result is as it is without variations", async (t) => {
  const app = await openApp(t);
  const status = await app.ask({ ...query, variations });
  assert.equal(status.state, "done");
  assert.deepEqual(Object.keys(status.variations), ["tight", "weighted", "open"]);
  for (const [name, alone] of Object.entries(spelledOut))
    assert.deepEqual(contentOf(status.variations[name]!), contentOf(await app.ask(alone)), name);
  const nominal = await app.ask(query);
  assert.deepEqual(contentOf(status), contentOf(nominal));
  assert.deepEqual(nominal.variations, {});
  const stored = (await (await app.request(`/queries/${status.id}`)).json()) as Status;
  assert.deepEqual(stored.variations, status.variations);
});

test("partitions and submission count the subtasks of all programs, and a variation that is added computes only itself", async (t) => {
  const app = await openApp(t);
  const nominal = await app.ask(query);
  assert.deepEqual(nominal.submission, { total: 4, stored: 0, joined: 0, queued: 4 });
  const one = await app.ask({ ...query, variations: { tight } });
  assert.deepEqual(one.submission, { total: 8, stored: 4, joined: 0, queued: 4 });
  app.computed.length = 0;
  const two = await app.ask({ ...query, variations: { tight, weighted, renamed: tight, same: {} } });
  assert.deepEqual(two.submission, { total: 12, stored: 8, joined: 0, queued: 4 });
  assert.deepEqual(two.partitions, { total: 12, waiting: 0, loading: 0, running: 0, done: 12, failed: 0 });
  assert.equal(new Set(app.computed.map(({ programKey }) => programKey)).size, 1);
  assert.deepEqual(two.variations.renamed, two.variations.tight);
  assert.deepEqual(contentOf(two.variations.same!), contentOf(two));
});

test("purging a query leaves the partials that a query without its variations has, and the other way", async (t) => {
  const app = await openApp(t);
  const nominal = await app.ask(query);
  const varied = await app.ask({ ...query, variations: { tight } });
  const purge = async (id: string) => (await app.request(`/queries/${id}?purge`, { method: "DELETE" })).json();
  assert.deepEqual(await purge(varied.id), { id: varied.id, removed: 4, kept: 4 });
  assert.deepEqual(await purge(nominal.id), { id: nominal.id, removed: 4, kept: 0 });
});

test("UHI has variations as histograms of their own, or along an axis of categories", async (t) => {
  const app = await openApp(t);
  const status = await app.ask({ ...query, variations });
  const get = async (parameters: string) => (await app.request(`/queries/${status.id}?format=uhi${parameters}`)).json();
  const separate = (await get("")) as Record<string, UhiHistogram>;
  assert.deepEqual(Object.keys(separate), ["met", "pt", ...Object.keys(variations).flatMap((name) => [`met/${name}`, `pt/${name}`])]);
  assert.deepEqual(separate["met/tight"], status.variations.tight!.histograms.met);
  assert.deepEqual(await get("&variations=separate&histogram=pt/open"), status.variations.open!.histograms.pt);
  const { axes, storage } = (await get("&variations=axis&histogram=met")) as UhiHistogram;
  assert.deepEqual(axes[0], {
    type: "category_str",
    categories: ["nominal", "tight", "weighted", "open"],
    flow: false,
    metadata: { label: "variation" },
  });
  assert.deepEqual(axes.slice(1), status.histograms.met!.axes);
  const nominal = status.histograms.met!.storage.values;
  const heavy = status.variations.weighted!.histograms.met!.storage;
  assert.equal(storage.type, "weighted");
  const [values, variances] = [storage.values, (storage as { readonly variances?: Nested }).variances] as readonly (readonly Nested[])[];
  assert.deepEqual([values![0], variances![0], values![2]], [nominal, nominal, heavy.values]);
  assert.equal((await app.request(`/queries/${status.id}?format=uhi&variations=both`)).status, 400);
  assert.match(await (await app.request(`/queries/${status.id}?format=csv&histogram=met/tight`)).text(), /^lower,upper,value,variance\n/);
});

test("a failure of a variation names it", async (t) => {
  const app = await openApp(t);
  const { id } = await app.ask({ ...query, variations: { tight } });
  const stored = (await app.services.store.getQuery(id))!;
  const plan = (await app.services.store.getPlans([stored.planKey])).get(stored.planKey)!;
  const failure = { attempts: 3, cause: "none" };
  const partitions = { counts: { failed: 2 }, failures: new Map([2, 5].map((place) => [place, failure])) };
  const programs = [...(await app.services.store.getPrograms([plan.programKey, plan.variations![0]!.programKey])).values()].map(
    ({ program }) => program,
  );
  const progress = { partitions, read: () => programs.map(() => empty), interestedIn: () => 1, timing: {}, lastUpdate: 0 };
  const empty = {
    entries: 0,
    filters: [0, 0].map(() => ({ events: 0, weight: 0 })),
    totals: [nothingAdded, nothingAdded],
    histograms: [],
  };
  const followed = { query: { ...stored, places: {}, variations: { tight: { program: 1, places: {} } } }, plan, programs, progress };
  const { failures } = describeStatus(followed as unknown as FollowedQuery, []);
  assert.deepEqual(
    failures.map(({ partition, variation }) => [partition, variation]),
    [
      [1, undefined],
      [2, "tight"],
    ],
  );
});

test("a query with a variation that is wrong is refused at its place, and queues nothing", async (t) => {
  const app = await openApp(t);
  assert.equal((await app.post({ ...query, variations: { nominal: {} } })).status, 400);
  const answer = await app.post({ ...query, variations: { tight: { define: { god: "good" } } } });
  assert.equal(answer.status, 400);
  const { errors } = (await answer.json()) as { readonly errors: readonly { readonly at: string; readonly near?: readonly string[] }[] };
  assert.deepEqual(
    errors.map(({ at, near }) => [at, near?.includes("good")]),
    [["/variations/tight/define/god", true]],
  );
});

test("along one axis means take the weights of their variations, and axes that found other bins stay separate", async (t) => {
  const app = await openApp(t);
  const histograms = {
    found: { axes: [{ type: "auto", bins: 20, value: "MET.pt" }] },
    profile: { axes: [{ type: "integer", lower: 0, upper: 3, value: "good.length" }], sample: "MET.pt" },
  };
  const status = await app.ask({ ...query, histograms, variations: { weighted, open: { filter: "MET.pt < 20" } } });
  const response = await app.request(`/queries/${status.id}?format=uhi&variations=axis`);
  const stacked = (await response.json()) as Readonly<Record<string, UhiHistogram>>;
  assert.deepEqual(Object.keys(stacked), ["found", "found/weighted", "found/open", "profile"]);
  const { axes, storage } = stacked.profile!;
  assert.equal(axes[0]!.type === "category_str" && axes[0]!.categories.join(), "nominal,weighted,open");
  assert.ok(storage.type === "weighted_mean");
  const nominal = status.histograms.profile!.storage;
  assert.ok(nominal.type === "mean");
  assert.deepEqual((storage.sum_of_weights as readonly Nested[])[0], nominal.counts);
  assert.deepEqual((storage.values as readonly Nested[])[0], nominal.values);
});
