/** A short run of `npm run chaos:mesos`: one round with every kind of harm. */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { findMesos } from "../../servers/mesos/find-mesos.ts";
import { requireServer } from "../../servers/require-server.ts";
import { performRound } from "./perform-round.ts";

if (requireServer("Jobs on a Mesos that comes to harm", await findMesos())) {
  test("every job on a Mesos that comes to harm ends in its state, none runs twice at a time, and all is answered once", async (t) => {
    const directory = await mkdtemp(join(tmpdir(), "femtoq-mesos-chaos-"));
    t.after(() => rm(directory, { recursive: true, force: true }));
    const harms = ["kill agent", "kill scheduler", "kill master", "kill executor", "lose agent"] as const;
    const { faults, audit } = await performRound({ directory, jobs: 20, harms, random: Math.random, tell: (what) => t.diagnostic(what) });
    assert.deepEqual(faults, []);
    assert(audit.deliveries > 0);
  });
}
