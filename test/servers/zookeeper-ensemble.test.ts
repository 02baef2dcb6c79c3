import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { requireServer } from "./require-server.ts";
import { makeServerDirectory } from "./server-directory.ts";
import { openEnsemble } from "./zookeeper-ensemble.ts";

const ensemble = requireServer("an ensemble", await openEnsemble({ directory: await makeServerDirectory(), tick: 200 }));

if (ensemble) {
  test("openEnsemble's members find another leader where theirs is killed, and take it back when it starts again", async (t) => {
    t.after(() => ensemble.stop());
    const findLeader = async () => {
      for (let left = 400; left > 0; left--, await delay(25)) {
        const leader = await ensemble.findLeader();
        if (leader) return leader;
      }
      return assert.fail("no member leads");
    };
    const first = await findLeader();
    first.signal("SIGKILL");
    // The system may accept connections for a killed server for a moment longer.
    let second = await findLeader();
    for (let left = 200; second === first && left > 0; left--, await delay(25)) second = await findLeader();
    assert.notEqual(second.port, first.port);
    await first.restart();
    assert.equal((await findLeader()).port, second.port);
    assert.equal(new Set(ensemble.members.map(({ port }) => port)).size, 3);
  });
}
