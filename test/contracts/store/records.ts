/** Programs, plans, queries, and keys of any kind. */

import assert from "node:assert/strict";
import { getPartial, getPlan, getProgram, makeQuery, putPartial } from "../../storage/one-at-a-time.ts";
import { type Check, makeBody, makePlan } from "./harness.ts";

const oddKeys = [
  "__proto__",
  "constructor",
  "a b",
  "a/b",
  "a:b",
  "é😀",
  "zero\u0000byte",
  '"quoted"',
  "line\nbreak",
  "%2F",
  "k".repeat(1000),
  "",
];

const byNumber = (a: { readonly program: unknown }, b: { readonly program: unknown }) =>
  (a.program as { n: number }).n - (b.program as { n: number }).n;

export function checkRecords(check: Check): void {
  check("getProgram, getPlan and getQuery give what was put, before and after a crash", async ({ store, crash }) => {
    const program = {
      programKey: "p",
      program: { columns: ["Muon_pt"], __proto__: null, nested: [1, null, "é"] },
      module: makeBody(5000, 1),
    };
    const plan = makePlan("plan", 5001);
    const query = makeQuery("q", {
      asked: {
        name: "Z → μμ",
        define: { good: "Muon.filter(m => m.pt > 20)" },
        filter: ["good.length >= 2"],
        histograms: {
          pt: { axes: [{ type: "regular", bins: 8, lower: 0, upper: 200, label: "pt [GeV]", value: "good.pt" }], filter: "true" },
          "10": { axes: [{ type: "variable", edges: [0, 1, 5], value: "MET.pt" }], storage: "weighted", weight: "2" },
        },
        weight: "genWeight",
        priority: 17,
      },
      places: { pt: 1, "10": 0 },
      created: 1_700_000_000_123,
    });
    await Promise.all([store.putProgram(program), store.putPlan(plan), store.putPlan(makePlan("empty", 0)), store.putQuery(query)]);
    for (const opened of [store, await crash()]) {
      const found = await getProgram(opened, "p");
      assert.deepEqual({ ...found, program: JSON.stringify(found?.program) }, { ...program, program: JSON.stringify(program.program) });
      assert.deepEqual(await getPlan(opened, "plan"), plan);
      assert.deepEqual(await getPlan(opened, "empty"), makePlan("empty", 0));
      assert.deepEqual(await Promise.all(["plan", "empty", "other"].map((key) => opened.hasPlan(key))), [true, true, false]);
      assert.equal(JSON.stringify(await opened.getQuery("q")), JSON.stringify(query));
    }
  });

  check("getPrograms and getPlans give those of many keys that are there", async ({ store }) => {
    const numbers = Array.from({ length: 150 }, (_, index) => index);
    const programs = numbers.map((n) => ({ programKey: `p${n}`, program: { n }, module: makeBody(n, n) }));
    const plans = numbers.map((n) => makePlan(`plan ${n}`, n === 7 ? 6001 : n));
    await Promise.all([...programs.map((each) => store.putProgram(each)), ...plans.map((each) => store.putPlan(each))]);
    const foundPrograms = await store.getPrograms(["absent", ...programs.map(({ programKey }) => programKey)]);
    assert.deepEqual([...foundPrograms.values()].sort(byNumber), programs);
    const foundPlans = await store.getPlans([...plans.map(({ planKey }) => planKey), "absent"]);
    assert.equal(foundPlans.size, plans.length);
    for (const plan of plans) assert.deepEqual(foundPlans.get(plan.planKey), plan);
    assert.deepEqual([(await store.getPrograms([])).size, (await store.getPlans([])).size], [0, 0]);
  });

  check("a plan comes back whole whatever its number of partitions", async ({ store }) => {
    const plans = [0, 1, 1999, 2000, 2001, 8000, 8001, 10_001].map((partitions) => makePlan(`plan of ${partitions}`, partitions));
    await Promise.all(plans.map((plan) => store.putPlan(plan)));
    for (const plan of plans) assert.deepEqual(await getPlan(store, plan.planKey), plan);
  });

  check("what was never put is undefined", async ({ store }) => {
    assert.equal(await getProgram(store, "x"), undefined);
    assert.equal(await getPlan(store, "x"), undefined);
    assert.equal(await store.getQuery("x"), undefined);
    assert.equal(await getPartial(store, "x"), undefined);
    assert.equal(await store.getResult("x"), undefined);
    assert.deepEqual([...(await store.findPartials(["x", "y"]))], []);
  });

  check("keys with odd characters are keys like others", async ({ store, crash }) => {
    for (const [index, key] of oddKeys.entries()) {
      assert.equal(await putPartial(store, key, makeBody(index, index)), "inserted");
      await store.putQuery(makeQuery(key, { planKey: key, created: index }));
    }
    for (const opened of [store, await crash()]) {
      assert.deepEqual([...(await opened.findPartials(oddKeys))].sort(), [...oddKeys].sort());
      for (const [index, key] of oddKeys.entries()) {
        assert.deepEqual((await getPartial(opened, key))?.bytes, makeBody(index, index));
        assert.deepEqual(await opened.getQuery(key), makeQuery(key, { planKey: key, created: index }));
      }
    }
  });
}
