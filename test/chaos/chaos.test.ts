/** A short run of `npm run chaos`: one round on an ensemble and one on a lone ZooKeeper, with every kind of harm in each. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import process from "node:process";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { findJavaServers } from "../servers/java-servers.ts";
import { requireServer } from "../servers/require-server.ts";
import type { RoundReport } from "./perform-round.ts";
import { partitionCount } from "./reference.ts";

const queries = 4;
const servers = requireServer("a cluster that comes to harm", await findJavaServers());

if (servers) {
  test("every query on a cluster that comes to harm ends with the counts of an undisturbed run", async (t) => {
    const script = fileURLToPath(new URL("./run-chaos.ts", import.meta.url));
    const host = "Deno" in globalThis ? ["run", "-A", "--no-check"] : ["--import", "tsx"];
    // Round 4 is the last on an ensemble, round 5 the first on a lone server.
    const args = ["--json", "--seed", "11", "--first", "4", "--rounds", "2", "--queries", `${queries}`, "--span", "5"];
    const child = spawn(process.execPath, [...host, script, ...args], { stdio: ["ignore", "pipe", "pipe"] });
    t.after(() => child.kill("SIGTERM"));
    const [output, said, code] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      new Promise((resolve) => child.once("exit", resolve)),
    ]);
    assert.equal(code, 0, said);
    t.diagnostic(said.split("\n").find((line) => line.startsWith("seed")) ?? "");
    const reports = output
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as RoundReport);
    assert.deepEqual(
      reports.map(({ zookeeper }) => zookeeper),
      ["ensemble", "lone"],
    );
    for (const { audit } of reports) {
      // A dispatcher may ask again for a subtask that was completed just before.
      assert(audit.asked >= queries * partitionCount);
      assert.equal(audit.completed, audit.asked);
    }
  });
}
