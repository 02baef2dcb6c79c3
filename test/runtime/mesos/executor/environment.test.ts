import assert from "node:assert/strict";
import { test } from "node:test";
import { parseMesosDuration, readEnvironment } from "../../../../runtime/mesos/executor/environment.ts";

/** The variables that a Mesos 1.11 agent sets. */
const given = {
  MESOS_FRAMEWORK_ID: "e1f9b9ad-0000",
  MESOS_EXECUTOR_ID: "node-1",
  MESOS_AGENT_ENDPOINT: "127.0.0.1:5051",
  MESOS_SLAVE_PID: "slave(1)@127.0.0.1:5051",
  MESOS_SLAVE_ID: "e1f9b9ad-S0",
  MESOS_SANDBOX: "/var/lib/mesos/runs/1",
  MESOS_DIRECTORY: "/var/lib/mesos/runs/1",
  MESOS_CHECKPOINT: "0",
  MESOS_EXECUTOR_SHUTDOWN_GRACE_PERIOD: "5secs",
};

test("readEnvironment takes the path from the agent's process id", () => {
  const environment = readEnvironment({ ...given, MESOS_SLAVE_PID: "slave(7)@10.0.0.1:5051" });
  assert.deepEqual(environment, {
    frameworkId: "e1f9b9ad-0000",
    executorId: "node-1",
    agent: { host: "127.0.0.1", port: 5051, path: "/slave(7)/api/v1/executor" },
    sandbox: "/var/lib/mesos/runs/1",
    shutdownGrace: 5_000,
  });
});

test("readEnvironment takes the time-outs of checkpointing only where there is checkpointing", () => {
  const timeouts = { MESOS_RECOVERY_TIMEOUT: "15mins", MESOS_SUBSCRIPTION_BACKOFF_MAX: "2secs" };
  assert.equal(readEnvironment({ ...given, ...timeouts }).checkpoint, undefined);
  assert.deepEqual(readEnvironment({ ...given, ...timeouts, MESOS_CHECKPOINT: "1" }).checkpoint, {
    recoveryTimeout: 900_000,
    longestBackoff: 2_000,
  });
});

test("readEnvironment takes the domain socket and the token where they are given", () => {
  const { agent, token } = readEnvironment({ ...given, MESOS_DOMAIN_SOCKET: "/run/agent.sock", MESOS_EXECUTOR_AUTHENTICATION_TOKEN: "t" });
  assert.equal(agent.socket, "/run/agent.sock");
  assert.equal(token, "t");
});

test("readEnvironment says which variable is missing or makes no sense", () => {
  assert.throws(() => readEnvironment({}), /MESOS_SLAVE_PID is required, which a Mesos agent sets/);
  assert.throws(() => readEnvironment({ ...given, MESOS_SLAVE_PID: "here" }), /MESOS_SLAVE_PID is required to be such as slave\(1\)@/);
  assert.throws(() => readEnvironment({ ...given, MESOS_EXECUTOR_SHUTDOWN_GRACE_PERIOD: "5" }), /such as 5secs, current value is "5"/);
});

test("parseMesosDuration reads every unit of Mesos, and nothing else", () => {
  assert.deepEqual(
    ["1500000ns", "1500us", "1.5ms", "1.5secs", "2mins", "1hrs", "1days", "1weeks"].map(parseMesosDuration),
    [1.5, 1.5, 1.5, 1_500, 120_000, 3_600_000, 86_400_000, 604_800_000],
  );
  assert.deepEqual(["", "5", "secs", "-1secs", "1 secs", "1e3secs", "1sec"].map(parseMesosDuration), Array(7).fill(undefined));
});
