/** Logs of real servers that were killed while they answered, given to the audit as its users run it. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { demoPattern, writeDemoFile } from "../../../../datasets/demo/write-demo-file.ts";
import type { Audit } from "../../../../runtime/observe/audit/audit-log.ts";
import { until } from "../../../support/until.ts";
import { type ServerProcess, startServerProcess, temporaryDirectory } from "../../server-process.ts";
import { slowQuery } from "../../slow-query.ts";

const main = fileURLToPath(new URL("../../../../runtime/observe/audit/main.ts", import.meta.url));

function runAudit(files: readonly string[]): Promise<{ readonly code: number; readonly audit: Audit }> {
  const host = "Deno" in globalThis ? ["run", "-A", "--no-check"] : ["--import", "tsx"];
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [...host, main, "--json", ...files], (error, stdout, stderr) => {
      const code = error === null ? 0 : Number(error.code);
      if (stdout === "") reject(new Error(`The audit printed nothing and ended with ${code}: ${stderr}`));
      else resolve({ code, audit: JSON.parse(stdout) as Audit });
    });
  });
}

/** Sends a query. Resolves also if the connection breaks. */
async function ask(server: ServerProcess, id: string, query: object): Promise<number | "broken"> {
  try {
    const headers = { "x-request-id": id, "femtoq-client": "test", prefer: "wait=120" };
    const answer = await fetch(`${server.url}/queries`, { method: "POST", headers, body: JSON.stringify(query) });
    await answer.text();
    assert.equal(answer.headers.get("x-request-id"), id);
    return answer.status;
  } catch (error) {
    if (error instanceof assert.AssertionError) throw error;
    return "broken";
  }
}

describe("npm run audit", () => {
  let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
  const running = new Set<ServerProcess>();
  const logOf = (name: string) => join(directory.path, `${name}.log`);
  const start = async (name: string) => {
    const data = `d=${demoPattern(directory.path)}`;
    const args = ["--state", join(directory.path, "state"), "--data", data, "--threads", "1", "--log-file", logOf(name)];
    const server = await startServerProcess(args);
    running.add(server);
    return server;
  };

  before(async () => {
    directory = await temporaryDirectory();
    await writeDemoFile(directory.path, 0);
  });
  after(async () => {
    for (const server of running) server.kill("SIGKILL");
    await Promise.all([...running].map(({ exited }) => exited));
    await directory.remove();
  });

  test("names exactly the requests that a killed server owed, and finds them answered where they were sent again", async () => {
    const quick = { dataset: "d", histograms: { met: { axes: [{ type: "regular", bins: 10, lower: 0, upper: 100, value: "MET.pt" }] } } };
    const first = await start("first");
    assert.equal(await ask(first, "quick", quick), 200);
    assert.equal(await ask(first, "bad", { dataset: "nothing" }), 400);
    const waiting = [0, 1, 2].map((index) => ask(first, `slow-${index}`, slowQuery("d", index)));
    await until(async () => {
      const logged = await readFile(logOf("first"), "utf8");
      return [0, 1, 2].every((index) => logged.includes(`"request":"slow-${index}"`));
    });
    first.kill("SIGKILL");
    assert.deepEqual(await Promise.all(waiting), ["broken", "broken", "broken"]);
    await first.exited;

    const alone = await runAudit([logOf("first")]);
    assert.equal(alone.code, 1);
    assert.deepEqual([alone.audit.received, alone.audit.answered], [5, 2]);
    assert.deepEqual(alone.audit.byStatus, { "2xx": 1, "4xx": 1 });
    assert.deepEqual(alone.audit.lost.map(({ request }) => request).sort(), ["slow-0", "slow-1", "slow-2"]);

    const second = await start("second");
    const again = await Promise.all([0, 1].map((index) => ask(second, `slow-${index}`, slowQuery("d", index))));
    assert.deepEqual(again, [200, 200]);
    const both = await runAudit([logOf("first"), logOf("second")]);
    assert.equal(both.code, 1);
    assert.deepEqual(both.audit.repeated.map(({ request }) => request).sort(), ["slow-0", "slow-1"]);
    assert.deepEqual(
      both.audit.lost.map(({ request }) => request),
      ["slow-2"],
    );
    assert.equal(await ask(second, "slow-2", slowQuery("d", 2)), 200);
    const all = await runAudit([logOf("first"), logOf("second")]);
    assert.equal(all.code, 0);
    assert.deepEqual([all.audit.received, all.audit.answered, all.audit.unreadable], [8, 5, 0]);
    assert.deepEqual(all.audit.open, []);
  });
});
