/** Tests `femtoq mesos run` on a real Mesos: jobs end as they should, and survive the process that started them. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { PassThrough, Readable } from "node:stream";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { Interrupted } from "../../../../runtime/cli/command-failed.ts";
import { runFemtoq } from "../../../../runtime/cli/run-femtoq.ts";
import { readJobs } from "../../../../runtime/mesos/jobs/read-jobs.ts";
import { runJobs } from "../../../../runtime/mesos/jobs/run-jobs.ts";
import { openFileRecord } from "../../../../runtime/mesos/record/file-record.ts";
import { openScheduler } from "../../../../runtime/mesos/scheduler/open-scheduler.ts";
import { startAgent, startMaster } from "../../../servers/mesos/start-mesos.ts";
import { requireServer } from "../../../servers/require-server.ts";
import { until } from "../../../support/until.ts";
import { runCli } from "../../cli/run-cli.ts";
import { silent } from "../../silent-log.ts";

const root = fileURLToPath(new URL("../../../../", import.meta.url));
const master = requireServer("Jobs on a real Apache Mesos", await startMaster());

if (master) {
  const agent = await startAgent({ master, attributes: { rack: "r1" } });
  const directory = await mkdtemp(join(tmpdir(), "femtoq-jobs-"));
  after(async () => {
    await agent.stop();
    await master.stop();
    await rm(directory, { recursive: true, force: true });
  });

  const path = (name: string) => join(directory, name);
  const writeJobs = async (name: string, jobs: readonly object[]) => {
    await writeFile(path(name), JSON.stringify(jobs.map((job) => ({ cpus: 0.5, mem: 64, ...job }))));
    return path(name);
  };
  const run = (...args: readonly string[]) => runCli(["mesos", ...args, "--master", master.address]);
  const contents = (name: string) => readFile(path(name), "utf8").catch(() => "");

  test("mesos run: jobs end as their commands do, are launched again where they fail, and leave no framework", async () => {
    const file = await writeJobs("ends.json", [
      { id: "good", command: 'test "$A" = b', env: { A: "b" }, constraints: [{ attribute: "rack", is: "r1" }] },
      { id: "bad", command: "exit 3", retries: 1 },
    ]);
    const { code, stdout } = await run("run", file, "--json");
    assert.equal(code, 1);
    const { framework, jobs } = JSON.parse(stdout);
    assert.deepEqual(
      jobs.map(({ id, state, attempts }: { id: string; state: string; attempts: number }) => [id, state, attempts]),
      [
        ["good", "SUCCESSFUL", 1],
        ["bad", "FAILED", 2],
      ],
    );
    assert.match(jobs[1].cause, /status 3/);
    const { frameworks, completed_frameworks } = await master.state();
    assert.deepEqual([frameworks.length, completed_frameworks.some(({ id }) => id === framework)], [0, true]);
  });

  test("mesos run: on a terminal a table shows how the jobs get on", async () => {
    const file = await writeJobs("table.json", [{ id: "shown", command: "true" }]);
    const { code, stdout, stderr } = await runCli(["mesos", "run", file, "--master", master.address], { columns: 80 });
    assert.deepEqual([code, stdout], [0, ""]);
    assert.match(stderr, /^job +state +attempts +agent +why\n/m);
    assert.match(stderr, /shown +SUCCESSFUL +1 +\S+\n1 job: 1 successful\n$/);
  });

  test("mesos run: after kill -9 the same command goes on with the same launch", async () => {
    const file = await writeJobs("killed.json", [{ id: "once", command: `sleep 1.5; echo ran >> ${path("ran")}` }]);
    const args = ["--import", "tsx", "runtime/femtoq.ts", "mesos", "run", file, "--master", master.address];
    const child = spawn(process.execPath, "Deno" in globalThis ? ["run", "-A", ...args.slice(2)] : args, { cwd: root, stdio: "ignore" });
    await until(async () => (await contents("killed.json.state")).includes('"running"'));
    child.kill("SIGKILL");
    await once(child, "exit");
    const { code, stdout } = await run("run", file, "--json");
    assert.equal(code, 0);
    assert.equal(JSON.parse(stdout).jobs[0].attempts, 1);
    assert.equal(await contents("ran"), "ran\n");
  });

  test("mesos run: a process that was killed after its teardown is followed by one that tells how the jobs ended, and then by a new run", async () => {
    const file = await writeJobs("over.json", [{ id: "done", command: `echo ran >> ${path("over")}` }]);
    const [job] = readJobs(await readFile(file, "utf8"));
    const record = await openFileRecord(`${file}.state`);
    const scheduler = await openScheduler({ mesos: master.address, record, name: "over", log: silent, startTimeout: 30_000 });
    await runJobs(scheduler, [job!], { signal: new AbortController().signal, onTask() {} });
    const state = await readFile(`${file}.state`, "utf8");
    await scheduler.teardown();
    await writeFile(`${file}.state`, state);
    const { code, stdout } = await run("run", file, "--json");
    assert.equal(code, 0);
    const { framework, jobs } = JSON.parse(stdout);
    assert.deepEqual([framework, jobs[0].state, jobs[0].attempts], [scheduler.frameworkId, "SUCCESSFUL", 1]);
    assert.equal(await contents("over"), "ran\n");
    assert.notEqual(JSON.parse((await run("run", file, "--json")).stdout).framework, framework);
  });

  test("mesos run: Ctrl-C leaves the jobs running and says so; teardown ends them", async () => {
    const file = await writeJobs("left.json", [
      { id: "long", command: "sleep 600" },
      { id: "big", cpus: 64, command: "true" },
    ]);
    const interruption = new AbortController();
    let stderr = "";
    const terminal = { stdin: Readable.from([]), stdout: new PassThrough(), stderr: new PassThrough(), environment: {} };
    terminal.stderr.on("data", (chunk: Buffer) => {
      stderr += chunk;
    });
    const running = runFemtoq(["mesos", "run", file, "--master", master.address], terminal, { signal: interruption.signal });
    await until(() => stderr.includes("long: RUNNING") && stderr.includes("no agent"));
    interruption.abort(new Interrupted("interrupted"));
    assert.equal(await running, 130);
    assert.match(stderr, /The jobs go on/);
    assert.match(stderr, /big: no agent has 64 cpus and 64 MB; the biggest, \S+, has 2 cpus and 1024 MB/);
    assert.equal((await master.state()).frameworks.length, 1);
    const other = await writeJobs("other.json", [{ id: "other", command: "true" }]);
    const refused = await run("run", other, "--state", path("left.json.state"));
    assert.equal(refused.code, 2);
    assert.match(refused.stderr, /the record is of others, such as long/);
    const ended = await run("teardown", "--state", path("left.json.state"));
    assert.deepEqual([ended.code, (await master.state()).frameworks.length], [0, 0]);
  });

  test("mesos run: a role that is none is refused with 2, and where no master is the code is 3", async () => {
    const file = await writeJobs("refused.json", [{ id: "never", command: "true" }]);
    const refused = await run("run", file, "--role", "a b");
    assert.equal(refused.code, 2);
    assert.match(refused.stderr, /Role component 'a b' is invalid/);
    const nobody = await runCli(["mesos", "run", file, "--master", "127.0.0.1:1", "--wait", "0.5"]);
    assert.equal(nobody.code, 3);
    assert.match(nobody.stderr, /nobody listens there/);
    const wrong = await runCli(["mesos", "run", file, "--master", "ftp://x"]);
    assert.equal(wrong.code, 3);
    const other = await runCli(["mesos", "run", file, "--master", agent.address]);
    assert.equal(other.code, 3);
    assert.match(other.stderr, /is no Mesos master: .* it is an agent, and a master is wanted, usually at port 5050/);
  });

  test("a scheduler whose framework another one has taken over ends, and does not come back", async () => {
    const options = { mesos: master.address, name: "twice", log: silent, startTimeout: 30_000 };
    const first = await openScheduler({ ...options, record: await openFileRecord(path("first")) });
    const record = await openFileRecord(path("second"));
    const second = await openScheduler({ ...options, record: Object.assign(record, { frameworkId: first.frameworkId }) });
    assert.equal((await first.ended).kind, "replaced");
    await assert.rejects(first.want([]), { code: "closed" });
    await second.teardown();
    assert.deepEqual(await second.ended, { kind: "torn-down" });
  });
}
