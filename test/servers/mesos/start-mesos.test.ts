import assert from "node:assert/strict";
import { test } from "node:test";
import { requireServer } from "../require-server.ts";
import { startAgent, startMaster } from "./start-mesos.ts";

const master = requireServer("A real Apache Mesos", await startMaster());

if (master) {
  test("Mesos keeps its agents over the end of the master and of an agent", async (t) => {
    t.after(() => master.stop());
    const agents = await Promise.all(
      ["one", "two"].map(async (rack) => {
        const agent = await startAgent({ master, attributes: { rack } });
        t.after(() => agent.stop());
        return agent;
      }),
    );
    const ids = agents.map(({ id }) => id);
    assert.equal(new Set(ids).size, 2);
    await agents[0]!.kill();
    await Promise.all([master.restart(), agents[0]!.restart()]);
    await agents[0]!.register();
    const { slaves } = await master.state();
    assert.deepEqual(new Set(slaves.map(({ id, active }) => (active ? id : `${id} is not active`))), new Set(ids));
  });
}
