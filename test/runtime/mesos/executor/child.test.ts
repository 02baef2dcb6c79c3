import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { type Child, startChild } from "../../../../runtime/mesos/executor/child.ts";
import { until } from "../../../support/until.ts";

const directory = await mkdtemp(join(tmpdir(), "femtoq-child-"));
after(() => rm(directory, { recursive: true }));
const stdout = join(directory, "stdout");
const stderr = join(directory, "stderr");
const base = { directory, environment: { PATH: process.env.PATH }, stdout, stderr, orphanGrace: 1_000 };

const shell = (line: string, environment = {}): Child =>
  startChild({ ...base, environment: { ...base.environment, ...environment }, program: "/bin/sh", arguments: ["-c", line] });

const written = async (file: string): Promise<string> => await readFile(join(directory, file), "utf8").catch(() => "");
const isAlive = (pid: string): boolean => {
  try {
    process.kill(Number(pid), 0);
    return true;
  } catch {
    return false;
  }
};

test("startChild tells the exit status", async () => {
  assert.deepEqual(await shell("exit 0").ended, { kind: "exited", code: 0 });
  assert.deepEqual(await shell("exit 7").ended, { kind: "exited", code: 7 });
});

test("startChild tells the signal", async () => {
  assert.deepEqual(await shell("kill -SEGV $$").ended, { kind: "signalled", signal: "SIGSEGV" });
});

test("startChild tells of a directory that is not there", async () => {
  const child = startChild({ ...base, directory: join(directory, "none"), program: "true", arguments: [] });
  assert.equal((await child.ended).kind, "not-started");
});

test("startChild runs a program with its arguments as they are, in its directory and environment, without its pipe, and keeps what it writes", async () => {
  const program = 'echo "$1|$GREETING|$PWD"; test -e /proc/$$/fd/3 && echo pipe; echo complaint >&2';
  const child = startChild({
    ...base,
    environment: { ...base.environment, GREETING: "grüß dich" },
    program: "/bin/sh",
    arguments: ["-c", program, "sh", 'a "b" $c'],
  });
  await child.ended;
  assert.equal(await written("stdout"), `a "b" $c|grüß dich|${directory}\n`);
  assert.equal(await written("stderr"), "complaint\n");
});

test("end lets a child come to its end by itself", async () => {
  const child = shell('trap "echo drained >drained; exit 3" TERM; echo >ready1; while :; do sleep 0.02; done');
  await until(async () => (await written("ready1")) !== "");
  child.end(60_000);
  assert.deepEqual(await child.ended, { kind: "exited", code: 3 });
  assert.equal(await written("drained"), "drained\n");
});

test("end kills what does not end within its grace, and a later call may shorten that", async () => {
  const child = shell('trap "" TERM; echo >ready2; while :; do sleep 0.02; done');
  await until(async () => (await written("ready2")) !== "");
  child.end(600_000);
  child.end(10);
  assert.deepEqual(await child.ended, { kind: "signalled", signal: "SIGKILL" });
});

test("nothing that a child started outlives it", async () => {
  const child = shell('trap "" TERM; (while :; do sleep 0.02; done) & echo $! >left; exit 0');
  await child.ended;
  const pid = await written("left");
  await until(() => !isAlive(pid));
});

test("nothing outlives an executor that is killed", { skip: "Deno" in globalThis && "the command line of Node is used" }, async () => {
  const url = new URL("../../../../runtime/mesos/executor/child.ts", import.meta.url).href;
  const line = 'trap "" TERM; echo $$ >orphan; while :; do sleep 0.02; done';
  const script = `
    const { startChild } = await import(${JSON.stringify(url)});
    startChild({ ...${JSON.stringify({ ...base, program: "/bin/sh", arguments: ["-c", line] })} });
  `;
  const executor = spawn(process.execPath, [...process.execArgv, "--input-type=module", "-e", script], { stdio: "inherit" });
  await until(async () => (await written("orphan")) !== "");
  executor.kill("SIGKILL");
  const pid = await written("orphan");
  await until(() => !isAlive(pid));
});
