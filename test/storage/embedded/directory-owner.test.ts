import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { hostname } from "node:os";
import { test } from "node:test";
import { isAlive, thisProcess } from "../../../storage/embedded/directory-owner.ts";

test("isAlive is true for this process", () => {
  assert.equal(isAlive(thisProcess()), true);
});

test("isAlive is false for a killed process that its parent does not collect", { skip: !existsSync("/proc/self/stat") }, async (t) => {
  // The shell becomes a `sleep` that knows nothing of the child it inherits.
  const parent = spawn("sh", ["-c", "sleep 60 & echo $!; exec sleep 60"], { stdio: ["ignore", "pipe", "inherit"] });
  t.after(() => parent.kill("SIGKILL"));
  const [line] = await once(parent.stdout.setEncoding("utf8"), "data");
  const pid = Number(line);
  const fieldsOf = () => {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  };
  const owner = { pid, host: hostname(), started: Number(fieldsOf()[19]) };
  assert.equal(isAlive(owner), true);
  while (readFileSync(`/proc/${parent.pid}/comm`, "latin1") !== "sleep\n") await new Promise((resolve) => setImmediate(resolve));
  process.kill(pid, "SIGKILL");
  while (fieldsOf()[0] !== "Z") await new Promise((resolve) => setImmediate(resolve));
  assert.equal(isAlive(owner), false);
});
