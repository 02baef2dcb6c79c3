import assert from "node:assert/strict";
import { test } from "node:test";
import { orderVictims } from "../../../datasets/cache/order-victims.ts";

const column = (name: string, uses: number) => ({ name, uses, bytes: 10 });

test("columns that were used once go before those that were used again, each the least recently used first", () => {
  const idle = [column("again1", 2), column("once1", 1), column("again2", 5), column("once2", 1)];
  const order = orderVictims(idle, 100).map(({ name }) => name);
  assert.deepEqual(order, ["once1", "once2", "again1", "again2"]);
});

test("beyond the larger part of the memory, what was used again goes as if it had been used once", () => {
  const idle = [column("again1", 2), column("again2", 2), column("once", 1), column("again3", 2)];
  const order = orderVictims(idle, 30).map(({ name }) => name);
  assert.deepEqual(order, ["again1", "once", "again2", "again3"]);
});
