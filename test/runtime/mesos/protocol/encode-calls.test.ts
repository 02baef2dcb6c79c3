/** Calls in the form that the fields of Mesos' scheduler.proto and executor.proto prescribe, which its documentation does not always show. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeExecutorCall, encodeSchedulerCall } from "../../../../runtime/mesos/protocol/encode-calls.ts";
import type { FrameworkInfo, TaskInfo } from "../../../../runtime/mesos/protocol/shapes.ts";

const scheduler = (...args: Parameters<typeof encodeSchedulerCall>) => JSON.parse(encodeSchedulerCall(...args));
const executor = (call: Parameters<typeof encodeExecutorCall>[0]) =>
  JSON.parse(encodeExecutorCall(call, { frameworkId: "F", executorId: "e" }));
const id = (value: string) => ({ value });

const framework: FrameworkInfo = {
  user: "",
  name: "femtoq",
  failoverTimeout: 604_800,
  checkpoint: true,
  roles: ["physics"],
  capabilities: ["MULTI_ROLE", "PARTITION_AWARE"],
  principal: "femtoq",
};

const task: TaskInfo = {
  id: "t.1",
  name: "t",
  agentId: "S0",
  resources: [
    { kind: "scalar", name: "cpus", amount: 100, isPlain: true },
    { kind: "ranges", name: "ports", ranges: [{ begin: 31000, end: 31000 }], isPlain: true },
  ],
  command: { value: "sleep 1", environment: { A: "1" }, uris: [{ value: "http://h/x", executable: true, outputFile: "y" }] },
  data: new Uint8Array([0, 255]),
  labels: { version: "2" },
  killGracePeriod: 3_000_000_000n,
};

test("encodeSchedulerCall names a framework that is known in both places, and a new one in none", () => {
  const info = {
    user: "",
    name: "femtoq",
    failover_timeout: 604_800,
    checkpoint: true,
    roles: ["physics"],
    capabilities: [{ type: "MULTI_ROLE" }, { type: "PARTITION_AWARE" }],
    principal: "femtoq",
  };
  assert.deepEqual(scheduler({ kind: "subscribe", framework }, undefined), { type: "SUBSCRIBE", subscribe: { framework_info: info } });
  assert.deepEqual(scheduler({ kind: "subscribe", framework, suppressedRoles: ["physics"] }, "F"), {
    framework_id: id("F"),
    type: "SUBSCRIBE",
    subscribe: { framework_info: { ...info, id: id("F") }, suppressed_roles: ["physics"] },
  });
});

test("encodeSchedulerCall writes tasks with their resources in units again", () => {
  assert.deepEqual(scheduler({ kind: "accept", offerIds: ["O1", "O2"], launch: [task], refuseSeconds: 0 }, "F"), {
    framework_id: id("F"),
    type: "ACCEPT",
    accept: {
      offer_ids: [id("O1"), id("O2")],
      filters: { refuse_seconds: 0 },
      operations: [
        {
          type: "LAUNCH",
          launch: {
            task_infos: [
              {
                name: "t",
                task_id: id("t.1"),
                agent_id: id("S0"),
                resources: [
                  { name: "cpus", type: "SCALAR", scalar: { value: 0.1 } },
                  { name: "ports", type: "RANGES", ranges: { range: [{ begin: 31000, end: 31000 }] } },
                ],
                command: {
                  value: "sleep 1",
                  shell: true,
                  environment: { variables: [{ name: "A", value: "1" }] },
                  uris: [{ value: "http://h/x", executable: true, output_file: "y" }],
                },
                data: "AP8=",
                labels: { labels: [{ key: "version", value: "2" }] },
                kill_policy: { grace_period: { nanoseconds: 3_000_000_000 } },
              },
            ],
          },
        },
      ],
    },
  });
});

test("encodeSchedulerCall writes the small calls", () => {
  const payload = (call: Parameters<typeof encodeSchedulerCall>[0]) => {
    const { framework_id, type, ...rest } = scheduler(call, "F");
    assert.deepEqual(framework_id, id("F"));
    return [type, rest];
  };
  assert.deepEqual(payload({ kind: "teardown" }), ["TEARDOWN", {}]);
  assert.deepEqual(payload({ kind: "decline", offerIds: ["O1"], refuseSeconds: 2.5 }), [
    "DECLINE",
    { decline: { offer_ids: [id("O1")], filters: { refuse_seconds: 2.5 } } },
  ]);
  assert.deepEqual(payload({ kind: "revive" }), ["REVIVE", { revive: {} }]);
  assert.deepEqual(payload({ kind: "suppress", roles: ["a"] }), ["SUPPRESS", { suppress: { roles: ["a"] } }]);
  assert.deepEqual(payload({ kind: "kill", taskId: "t", agentId: "S", gracePeriod: 9007199254740993n }), [
    "KILL",
    { kill: { task_id: id("t"), agent_id: id("S"), kill_policy: { grace_period: { nanoseconds: "9007199254740993" } } } },
  ]);
  assert.deepEqual(payload({ kind: "shutdown", executorId: "e", agentId: "S" }), [
    "SHUTDOWN",
    { shutdown: { executor_id: id("e"), agent_id: id("S") } },
  ]);
  assert.deepEqual(payload({ kind: "acknowledge", taskId: "t", agentId: "S", uuid: "abc+/w==" }), [
    "ACKNOWLEDGE",
    { acknowledge: { agent_id: id("S"), task_id: id("t"), uuid: "abc+/w==" } },
  ]);
  assert.deepEqual(payload({ kind: "reconcile", tasks: [] }), ["RECONCILE", { reconcile: { tasks: [] } }]);
  assert.deepEqual(payload({ kind: "reconcile", tasks: [{ taskId: "t", agentId: "S" }, { taskId: "u" }] }), [
    "RECONCILE",
    { reconcile: { tasks: [{ task_id: id("t"), agent_id: id("S") }, { task_id: id("u") }] } },
  ]);
  assert.deepEqual(payload({ kind: "message", executorId: "e", agentId: "S", data: new Uint8Array([0]) }), [
    "MESSAGE",
    { message: { agent_id: id("S"), executor_id: id("e"), data: "AA==" } },
  ]);
  assert.deepEqual(payload({ kind: "decline-inverse-offers", offerIds: ["I"] }), [
    "DECLINE_INVERSE_OFFERS",
    { decline_inverse_offers: { inverse_offer_ids: [id("I")] } },
  ]);
});

test("encodeExecutorCall names framework and executor in every call", () => {
  const identity = { framework_id: id("F"), executor_id: id("e") };
  const status = {
    taskId: "t",
    state: "TASK_RUNNING",
    source: "SOURCE_EXECUTOR",
    uuid: "uw==",
    executorId: "e",
    timestamp: 1.5,
    message: "é",
    data: new Uint8Array([1]),
  } as const;
  const encoded = {
    task_id: id("t"),
    state: "TASK_RUNNING",
    source: "SOURCE_EXECUTOR",
    uuid: "uw==",
    executor_id: id("e"),
    timestamp: 1.5,
    message: "é",
    data: "AQ==",
  };
  assert.deepEqual(executor({ kind: "update", status }), { ...identity, type: "UPDATE", update: { status: encoded } });
  assert.deepEqual(executor({ kind: "subscribe", unacknowledgedTasks: [], unacknowledgedUpdates: [status] }), {
    ...identity,
    type: "SUBSCRIBE",
    subscribe: { unacknowledged_tasks: [], unacknowledged_updates: [{ status: encoded }] },
  });
  assert.deepEqual(executor({ kind: "message", data: new Uint8Array([0]) }), { ...identity, type: "MESSAGE", message: { data: "AA==" } });
  assert.deepEqual(executor({ kind: "heartbeat" }), { ...identity, type: "HEARTBEAT" });
});
