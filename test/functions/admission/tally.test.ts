import assert from "node:assert/strict";
import { test } from "node:test";
import { Tally } from "../../../functions/admission/tally.ts";

const limits = { all: "queries", client: "client-queries" } as const;

test("a tally counts what is going on and nothing else, whoever came and went meanwhile", () => {
  const tally = new Tally({ what: "queries", most: 10_000, mostOfClient: 2, mostOfAddress: 3, limits });
  const of = (name: string, address: string) => tally.enter({ name, address });
  const places = [of("a", "192.0.2.1"), of("a", "192.0.2.1"), of("b", "192.0.2.1")];
  for (let index = 0; index < 5_000; index++) of(`passer ${index}`, `198.51.${index >> 8}.${index & 255}`)[Symbol.dispose]();
  assert.equal(tally.size, 3);
  assert.throws(() => of("a", "192.0.2.1"), /You have 2 queries, and the most is 2/);
  assert.throws(() => of("c", "192.0.2.1"), /Your address has 3 queries, and the most is 3/);
  for (const place of [...places, ...places]) place[Symbol.dispose]();
  assert.equal(tally.size, 0);
  assert.doesNotThrow(() => [of("a", "192.0.2.1"), of("a", "192.0.2.1"), of("c", "192.0.2.1")]);
});
