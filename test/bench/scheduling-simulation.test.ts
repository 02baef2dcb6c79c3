import assert from "node:assert/strict";
import { test } from "node:test";
import { seeded, seedOr } from "../support/seeded.ts";
import { simulate } from "./scheduling-simulation.ts";

const run = (rule: "femtoq" | "random", nodes: number) =>
  simulate({ rule, nodes, share: 40, scans: 3, random: seeded(seedOr(20260722)).fraction });

test("simulate: a repeated scan finds at least 95 % in memory and takes no longer than the first, with 4 and 24 nodes", () => {
  for (const nodes of [4, 24]) {
    const { hitRate, makespan, firstMakespan } = run("femtoq", nodes);
    assert(hitRate >= 0.95, `${hitRate} with ${nodes} nodes`);
    assert(makespan < 0.7 * firstMakespan);
    assert(run("random", nodes).hitRate < 0.5);
  }
});
