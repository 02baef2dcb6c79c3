import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import process from "node:process";
import { text } from "node:stream/consumers";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { startAgent, startMaster } from "../../../servers/mesos/start-mesos.ts";
import { requireServer } from "../../../servers/require-server.ts";

const root = fileURLToPath(new URL("../../../../", import.meta.url));
const master = requireServer("The dispatcher example on a real Apache Mesos", await startMaster());

if (master) {
  const agent = await startAgent({ master });
  after(async () => {
    await agent.stop();
    await master.stop();
  });

  test("mesos-dispatcher: every task's update carries its payload, zero byte included, and every message comes back", async () => {
    const child = spawn(process.execPath, ["--import", "tsx", "examples/mesos-dispatcher.ts", master.address], { cwd: root });
    const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
    assert.equal(code, 0, stderr);
    const lines = ["1", "2", "3", "4", "5"].flatMap((id) => [`task ${id}: finished`, `task ${id}: its message came back`]);
    assert.deepEqual(stdout.trim().split("\n").toSorted(), lines.toSorted());
  });
}
