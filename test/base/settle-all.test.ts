import assert from "node:assert/strict";
import { test } from "node:test";
import { settleAll } from "../../base/settle-all.ts";
import { turn } from "../../base/turn.ts";

test("settleAll gives the values in the order of the promises, whichever is first", async () => {
  const late = turn().then(() => "late");
  assert.deepEqual(await settleAll([late, Promise.resolve("early"), "value"]), ["late", "early", "value"]);
  assert.deepEqual(await settleAll([]), []);
});

test("settleAll rejects only when all have settled, with the reason of the first in order", async () => {
  const settled: string[] = [];
  const fail = async (name: string, turns: number) => {
    for (let index = 0; index < turns; index++) await turn();
    settled.push(name);
    throw new Error(name);
  };
  const all = [
    fail("first", 2),
    fail("second", 0),
    turn()
      .then(() => turn())
      .then(() => turn())
      .then(() => settled.push("last")),
  ];
  await assert.rejects(settleAll<unknown>(all), /^Error: first$/);
  assert.deepEqual(settled, ["second", "first", "last"]);
});
