import assert from "node:assert/strict";
import process from "node:process";
import { test } from "node:test";
import { usualLimits } from "../../functions/admission/limits.ts";
import { countsOf } from "../contracts/claim-one.ts";
import { askMany, checkAnswers } from "../support/ask-many.ts";
import { CleanupStack } from "../support/cleanup.ts";
import { openApp } from "../support/open-app.ts";
import { type Form, openDispatchers } from "../support/open-dispatchers.ts";

const keys = 5;

const answersAll = (form: Form, queries: number) =>
  test(`${queries} queries over ${keys} plans to two dispatchers (${form}): every answer is right, each plan is computed once, nothing is left`, async (t) => {
    const cleanup = new CleanupStack();
    t.after(() => cleanup.close());
    const opened = await openDispatchers(cleanup, { form, count: 2 });
    if ("missing" in opened) {
      assert.notEqual(process.env.FEMTOQ_REQUIRE_SERVERS, "1", `there is ${opened.missing}`);
      return t.skip(opened.missing);
    }
    const { name, apps, dataset, events, partitions, copies } = opened;
    const asked = await askMany({ queries, keys, clients: 7, parallel: 64, dataset, posts: apps.map(({ post }) => post) });
    const left = await countsOf(apps[0]!.services.coordinator);
    checkAnswers(asked, { events, partitions, computed: apps.flatMap(({ computed }) => computed), copies: copies(), left });
    const { sent, answered, stored, joined, queued } = asked;
    t.diagnostic(
      `${name}: ${sent} asked, ${answered} answered; partitions stored ${stored}, joined ${joined}, queued ${queued}; second copies ${copies()}`,
    );
  });

answersAll("embedded", 1024);
answersAll("mongodb", 384);
answersAll("zookeeper", 384);

test("150 different queries at once, more than a dispatcher keeps when they are idle, all end", async (t) => {
  // No query is refused, however long they wait on a busy machine.
  const app = await openApp(t, { services: { limits: { ...usualLimits, longestWait: 3_600_000 } } });
  const asked = await askMany({ queries: 150, keys: 150, clients: 3, parallel: 150, dataset: "events", posts: [app.post] });
  assert.equal(asked.answered, 150);
  assert.equal(asked.unfinished, 0);
  const subtasks = app.computed.map(({ programKey, fingerprint }) => `${programKey}:${fingerprint}`);
  assert.deepEqual([subtasks.length, new Set(subtasks).size], [600, 600]);
});
