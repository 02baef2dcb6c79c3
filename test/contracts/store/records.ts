/** Programs, plans, queries, and keys of any kind. */
import assert from "node:assert/strict";
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

export function checkRecords(check: Check): void {
  check("getProgram, getPlan and getQuery give what was put, before and after a crash", async ({ store, crash }) => {
    const program = {
      programKey: "p",
      program: { columns: ["Muon_pt"], __proto__: null, nested: [1, null, "é"] },
      module: makeBody(5000, 1),
    };
    const plan = makePlan("plan", 5001);
    const query = { id: "q", planKey: "plan", query: JSON.parse('{"__proto__": {"a": 1}, "define": {}}'), created: 1_700_000_000_123 };
    await Promise.all([store.putProgram(program), store.putPlan(plan), store.putPlan(makePlan("empty", 0)), store.putQuery(query)]);
    for (const opened of [store, await crash()]) {
      const found = await opened.getProgram("p");
      assert.deepEqual({ ...found, program: JSON.stringify(found?.program) }, { ...program, program: JSON.stringify(program.program) });
      assert.deepEqual(await opened.getPlan("plan"), plan);
      assert.deepEqual(await opened.getPlan("empty"), makePlan("empty", 0));
      assert.deepEqual(await Promise.all(["plan", "empty", "other"].map((key) => opened.hasPlan(key))), [true, true, false]);
      assert.equal(JSON.stringify(await opened.getQuery("q")), JSON.stringify(query));
    }
  });

  check("what was never put is undefined", async ({ store }) => {
    assert.equal(await store.getProgram("x"), undefined);
    assert.equal(await store.getPlan("x"), undefined);
    assert.equal(await store.getQuery("x"), undefined);
    assert.equal(await store.getPartial("x"), undefined);
    assert.equal(await store.getResult("x"), undefined);
    assert.deepEqual([...(await store.findPartials(["x", "y"]))], []);
  });

  check("keys with odd characters are keys like others", async ({ store, crash }) => {
    for (const [index, key] of oddKeys.entries()) {
      assert.equal(await store.putPartial(key, makeBody(index, index)), "inserted");
      await store.putQuery({ id: key, planKey: key, query: index, created: index });
    }
    for (const opened of [store, await crash()]) {
      assert.deepEqual([...(await opened.findPartials(oddKeys))].sort(), [...oddKeys].sort());
      for (const [index, key] of oddKeys.entries()) {
        assert.deepEqual((await opened.getPartial(key))?.bytes, makeBody(index, index));
        assert.deepEqual(await opened.getQuery(key), { id: key, planKey: key, query: index, created: index });
      }
    }
  });
}
