import assert from "node:assert/strict";
import { test } from "node:test";
import { checkWanted } from "../../../../runtime/mesos/scheduler/check-wanted.ts";
import type { WantedTask } from "../../../../runtime/mesos/scheduler/wanted-task.ts";
import { job } from "./cluster.ts";

for (const [wrong, reason] of [
  [job("a/b"), /without \/ and/],
  [job(""), /1 to 200 characters/],
  [job("a\u0000"), /1 to 200 characters/],
  [job("1", { resources: { cpus: 0, mem: 1 } }), /cpus must be from 0.001 on and below 1000000000, and is 0/],
  [job("1", { resources: { cpus: 1, mem: Number.NaN } }), /mem must be from 0.001 on and below 1000000000, and is NaN/],
  [job("1", { resources: { cpus: 1, mem: 1, disk: -1 } }), /disk must be 0 or from 0.001 on and below 1000000000, and is -1/],
  [job("1", { resources: { cpus: 1, mem: 1, disk: 1e9 } }), /disk must be 0 or from/],
  [job("1", { resources: { cpus: 1, mem: 1, ports: 1.5 } }), /ports must be how many/],
  [job("1", { attempts: 0 }), /attempts must be 1 or more/],
  [job("1", { constraints: [{ attribute: "a", like: "(" }] }), /no regular expression/],
] satisfies [WantedTask, RegExp][]) {
  test(`checkWanted: ${JSON.stringify(wrong)} is refused before Mesos hears of it`, () => {
    assert.throws(() => checkWanted(wrong), { name: "RangeError", message: reason });
  });
}

test("checkWanted: what Mesos takes is taken", () => {
  checkWanted(job("ü 1.2", { attempts: "unlimited", resources: { cpus: 0.001, mem: 0.001, disk: 0, ports: 2 } }));
});
