import assert from "node:assert/strict";
import { test } from "node:test";
import { NamesBudget } from "../../../../coordination/zookeeper/protocol/followed-list.ts";

test("NamesBudget lets the first look go at once, and each later one after all before it", () => {
  const budget = new NamesBudget();
  assert.equal(budget.backlog, 0);
  assert.equal(budget.take(3_000_000), 0);
  const second = budget.take(3_000_000);
  const third = budget.take(1);
  assert(second > 50_000 && second <= 100_000, `${second}`);
  assert(third > second + 50_000 && third <= 200_000, `${third}`);
  assert(budget.backlog > third - 1_000 && budget.backlog <= 200_001, `${budget.backlog}`);
});
