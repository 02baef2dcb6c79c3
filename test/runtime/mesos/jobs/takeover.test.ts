/** Two processes with the same jobs and record: one leads, the other takes over. */
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough, Readable } from "node:stream";
import { after, test } from "node:test";
import { Interrupted } from "../../../../runtime/cli/command-failed.ts";
import { runFemtoq } from "../../../../runtime/cli/run-femtoq.ts";
import { findServer } from "../../../coordination/zookeeper/zookeeper-for-tests.ts";
import { startAgent, startMaster } from "../../../servers/mesos/start-mesos.ts";
import { requireServer } from "../../../servers/require-server.ts";
import { until } from "../../../support/until.ts";

const zookeeper = await findServer("Taking over jobs by ZooKeeper");
const master = zookeeper && requireServer("Taking over jobs on a real Apache Mesos", await startMaster());

if (zookeeper && master) {
  const agent = await startAgent({ master });
  const directory = await mkdtemp(join(tmpdir(), "femtoq-takeover-"));
  after(async () => {
    await agent.stop();
    await master.stop();
    await rm(directory, { recursive: true, force: true });
  });

  test("mesos run: where the leader ends, the one that waits goes on with the same launches, and a third finds all done", async () => {
    const file = join(directory, "jobs.json");
    const ran = join(directory, "ran");
    const go = join(directory, "go");
    const command = `while [ ! -e ${go} ]; do sleep 0.1; done; echo ran >> ${ran}`;
    await writeFile(file, JSON.stringify([{ id: "once", cpus: 0.5, mem: 64, command }]));
    const start = () => {
      const output = { out: "", error: "" };
      const interruption = new AbortController();
      const terminal = { stdin: Readable.from([]), stdout: new PassThrough(), stderr: new PassThrough(), environment: {} };
      terminal.stdout.on("data", (chunk: Buffer) => (output.out += chunk));
      terminal.stderr.on("data", (chunk: Buffer) => (output.error += chunk));
      const args = ["mesos", "run", file, "--master", master.address, "--zookeeper", zookeeper.hosts];
      const code = runFemtoq(args, terminal, { signal: interruption.signal });
      return { output, code, interrupt: () => interruption.abort(new Interrupted("interrupted")) };
    };
    const first = start();
    await until(() => first.output.error.includes("once: RUNNING"), "the job runs");
    const second = start();
    await until(() => second.output.error.includes("leads; waiting to take over"), "the second waits");
    first.interrupt();
    assert.equal(await first.code, 130);
    await writeFile(go, "");
    assert.equal(await second.code, 0, second.output.error);
    assert.match(second.output.out, /^1 job: 1 successful/);
    const third = start();
    assert.equal(await third.code, 0, third.output.error);
    assert.equal(await readFile(ran, "utf8"), "ran\n");
  });
}
