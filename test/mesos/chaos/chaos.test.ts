/** A short run of `npm run chaos:mesos`: one round of jobs with every kind of harm, and one of queries that nodes answer. */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { startReference } from "../../chaos/reference.ts";
import { findMesos } from "../../servers/mesos/find-mesos.ts";
import { requireServer } from "../../servers/require-server.ts";
import { startClusterServers } from "../../support/cluster.ts";
import { performQueryRound } from "./perform-query-round.ts";
import { performRound } from "./perform-round.ts";

if (requireServer("A Mesos that comes to harm", await findMesos())) {
  test("every job on a Mesos that comes to harm ends in its state, none runs twice at a time, and all is answered once", async (t) => {
    const directory = await makeDirectory(t);
    const harms = ["kill agent", "kill scheduler", "kill master", "kill executor", "lose agent"] as const;
    const { faults, audit } = await performRound({ directory, jobs: 20, harms, random: Math.random, tell: (what) => t.diagnostic(what) });
    assert.deepEqual(faults, []);
    assert(audit.deliveries > 0);
  });

  const servers = requireServer("Queries on a Mesos that comes to harm", await startClusterServers({ tick: 200 }));
  if (servers) {
    test("every query that nodes on a Mesos that comes to harm answer is right to the last bit, and nothing is left of it", async (t) => {
      t.after(() => servers.stop());
      const directory = await makeDirectory(t);
      const reference = await startReference(directory);
      t.after(() => reference.stop());
      const harms = ["freeze agent", "kill scheduler", "kill master"] as const;
      const around = { directory, number: 0, servers, reference, random: Math.random, tell: (what: string) => t.diagnostic(what) };
      const { faults, queries, launched } = await performQueryRound({ ...around, harms });
      assert.deepEqual(faults, []);
      assert(queries > 0 && launched > 0);
    });
  }
}

async function makeDirectory(t: TestContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "femtoq-mesos-chaos-"));
  t.after(() => rm(directory, { recursive: true, force: true }));
  return directory;
}
