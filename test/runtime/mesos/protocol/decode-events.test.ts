/** Events as an Apache Mesos 1.11.0 writes them, and as later versions might, in our form. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { test } from "node:test";
import { decodeExecutorEvent, decodeSchedulerEvent } from "../../../../runtime/mesos/protocol/decode-events.ts";

const scheduler = (json: string) => decodeSchedulerEvent(Buffer.from(json));
const executor = (json: string) => decodeExecutorEvent(Buffer.from(json));

test("decodeSchedulerEvent reads a subscription, and who leads", () => {
  const event = scheduler(
    '{"type":"SUBSCRIBED","subscribed":{"framework_id":{"value":"4c6a-0000"},"heartbeat_interval_seconds":15.0,"master_info":{"id":"4c6a","ip":16777343,"port":5050,"pid":"master@127.0.0.1:5050","hostname":"localhost","version":"1.11.0","address":{"hostname":"localhost","ip":"127.0.0.1","port":5050},"capabilities":[{"type":"AGENT_UPDATE"},{}]}}}',
  );
  assert.deepEqual(event, { kind: "subscribed", frameworkId: "4c6a-0000", heartbeatSeconds: 15, master: "127.0.0.1:5050" });
});

test("decodeSchedulerEvent reads offers in thousandths, and tells resources that are not plain", () => {
  const scalar = (name: string, value: number, rest = "") =>
    `{"name":"${name}","type":"SCALAR","scalar":{"value":${value}},"role":"*","allocation_info":{"role":"*"}${rest}}`;
  const event = scheduler(
    `{"type":"OFFERS","offers":{"offers":[{"id":{"value":"4c6a-O0"},"framework_id":{"value":"4c6a-0000"},"agent_id":{"value":"4c6a-S0"},"hostname":"näher","url":{"scheme":"http","address":{"hostname":"localhost","ip":"127.0.0.1","port":5051},"path":"/slave(1)"},"resources":[{"name":"ports","type":"RANGES","ranges":{"range":[{"begin":31000,"end":31100}]},"role":"*"},${scalar("cpus", 0.1)},${scalar("cpus", 2, ',"revocable":{}')},${scalar("mem", 1024.0, ',"reservation":{"principal":"p"}')},${scalar("disk", 7, ',"disk":{"persistence":{"id":"x"}}')},{"name":"gpus","type":"SCALAR","scalar":{"value":1},"role":"physics"},{"name":"new","type":"FUTURE"},{"name":"zones","type":"SET","set":{"item":["a"]}}],"attributes":[{"name":"rack","type":"TEXT","text":{"value":"r1"}},{"name":"level","type":"SCALAR","scalar":{"value":3.5}},{"name":"new"}],"executor_ids":[{"value":"e"}],"allocation_info":{"role":"physics"},"unavailability":{"start":{"nanoseconds":1732849234123456789}}}]}}`,
  );
  assert.deepEqual(event, {
    kind: "offers",
    offers: [
      {
        id: "4c6a-O0",
        agentId: "4c6a-S0",
        hostname: "näher",
        role: "physics",
        resources: [
          { name: "ports", isPlain: true, kind: "ranges", ranges: [{ begin: 31000, end: 31100 }] },
          { name: "cpus", isPlain: true, kind: "scalar", amount: 100 },
          { name: "cpus", isPlain: false, kind: "scalar", amount: 2000 },
          { name: "mem", isPlain: false, kind: "scalar", amount: 1_024_000 },
          { name: "disk", isPlain: false, kind: "scalar", amount: 7000 },
          { name: "gpus", isPlain: false, kind: "scalar", amount: 1000 },
          { name: "zones", isPlain: true, kind: "set", items: ["a"] },
        ],
        attributes: [
          { name: "rack", kind: "text", text: "r1" },
          { name: "level", kind: "scalar", value: 3.5 },
        ],
        executorIds: ["e"],
        unavailability: { start: 1732849234123456789n },
      },
    ],
  });
});

test("decodeSchedulerEvent keeps every digit of nanoseconds, and digits in texts as they are", () => {
  const event = scheduler(
    '{"type":"UPDATE","update":{"status":{"task_id":{"value":"t"},"state":"TASK_UNREACHABLE","message":"1234567890123456789 \\"12345678901234567890","data":"YQBi","source":"SOURCE_MASTER","reason":"REASON_AGENT_REMOVED","agent_id":{"value":"S0"},"timestamp":1732849234.1234567890123,"unreachable_time":{"nanoseconds":1732849234123456789},"uuid":null,"healthy":true}}}',
  );
  assert.deepEqual(event, {
    kind: "update",
    status: {
      taskId: "t",
      state: "TASK_UNREACHABLE",
      message: '1234567890123456789 "12345678901234567890',
      data: new Uint8Array([97, 0, 98]),
      source: "SOURCE_MASTER",
      reason: "REASON_AGENT_REMOVED",
      agentId: "S0",
      timestamp: Number("1732849234.1234567890123"),
      unreachableTime: 1732849234123456789n,
    },
  });
});

test("decodeSchedulerEvent takes states and sources of later versions for unknown ones", () => {
  const event = scheduler(
    '{"type":"UPDATE","update":{"status":{"task_id":{"value":"t"},"state":"TASK_FROZEN","source":"SOURCE_MOON","reason":"REASON_NEW"}}}',
  );
  assert.deepEqual(event, { kind: "update", status: { taskId: "t", state: "TASK_UNKNOWN", reason: "REASON_NEW" } });
});

test("decodeSchedulerEvent reads the small events", () => {
  assert.deepEqual(scheduler('{"type":"HEARTBEAT"}'), { kind: "heartbeat" });
  assert.deepEqual(scheduler('{"type":"RESCIND","rescind":{"offer_id":{"value":"O1"}}}'), { kind: "rescind", offerId: "O1" });
  assert.deepEqual(scheduler('{"type":"RESCIND_INVERSE_OFFER","rescind_inverse_offer":{"inverse_offer_id":{"value":"O1"}}}'), {
    kind: "rescind-inverse-offer",
    offerId: "O1",
  });
  assert.deepEqual(
    scheduler(
      '{"type":"INVERSE_OFFERS","inverse_offers":{"inverse_offers":[{"id":{"value":"I"},"framework_id":{"value":"F"},"agent_id":{"value":"S"},"unavailability":{"start":{"nanoseconds":1},"duration":{"nanoseconds":2}}}]}}',
    ),
    { kind: "inverse-offers", offers: [{ id: "I", agentId: "S", unavailability: { start: 1n, duration: 2n } }] },
  );
  assert.deepEqual(scheduler('{"type":"FAILURE","failure":{"agent_id":{"value":"S"},"executor_id":{"value":"e"},"status":256}}'), {
    kind: "failure",
    failure: { agentId: "S", executorId: "e", waitStatus: 256 },
  });
  assert.deepEqual(scheduler('{"type":"ERROR","error":{"message":"Framework failed over"}}'), {
    kind: "error",
    message: "Framework failed over",
  });
  assert.deepEqual(scheduler('{"type":"MESSAGE","message":{"agent_id":{"value":"S"},"executor_id":{"value":"e"},"data":"AA=="}}'), {
    kind: "message",
    agentId: "S",
    executorId: "e",
    data: new Uint8Array([0]),
  });
});

test("an event that is not known, or not as it should be, is told as unknown and harms nobody", () => {
  for (const type of ["UPDATE_OPERATION_STATUS", "constructor", "__proto__"])
    assert.deepEqual(scheduler(`{"type":"${type}"}`), { kind: "unknown", type });
  const broken = scheduler('{"type":"RESCIND","rescind":{"offer":1}}');
  assert.equal(broken.kind, "unknown");
  assert.match(broken.kind === "unknown" ? (broken.problem ?? "") : "", /offer_id/);
});

test("a record that is no event throws", () => {
  for (const text of ["", "{", "[]", "null", '{"kind":"OFFERS"}', "\u0000"]) assert.throws(() => scheduler(text), text);
});

test("decodeExecutorEvent reads a task with its executor, and a group of tasks as several", () => {
  const task = `{"name":"n","task_id":{"value":"t"},"agent_id":{"value":"S0"},"resources":[{"name":"cpus","type":"SCALAR","scalar":{"value":1.0},"allocation_info":{"role":"*"}}],"executor":{"type":"CUSTOM","executor_id":{"value":"e"},"framework_id":{"value":"F"},"command":{"shell":false,"value":"/bin/node","arguments":["node","x"],"environment":{"variables":[{"name":"A","type":"VALUE","value":"1"}]},"uris":[{"value":"http://h/x.tgz","extract":true,"output_file":"x"}]},"shutdown_grace_period":{"nanoseconds":5000000000}},"data":"AAE=","kill_policy":{"grace_period":{"nanoseconds":3000000000}},"labels":{"labels":[{"key":"version","value":"2"}]},"container":{"type":"MESOS","mesos":{"image":{"type":"DOCKER","docker":{"name":"femtoq:1"}}}}}`;
  const expected = {
    name: "n",
    id: "t",
    agentId: "S0",
    resources: [{ name: "cpus", isPlain: true, kind: "scalar", amount: 1000 }],
    executor: {
      id: "e",
      command: {
        value: "/bin/node",
        arguments: ["node", "x"],
        environment: { A: "1" },
        uris: [{ value: "http://h/x.tgz", extract: true, outputFile: "x" }],
      },
      resources: [],
      shutdownGracePeriod: 5_000_000_000n,
    },
    data: new Uint8Array([0, 1]),
    killGracePeriod: 3_000_000_000n,
    labels: { version: "2" },
    container: { kind: "mesos", image: "femtoq:1" },
  };
  assert.deepEqual(executor(`{"type":"LAUNCH","launch":{"task":${task}}}`), { kind: "launch", tasks: [expected] });
  assert.deepEqual(executor(`{"type":"LAUNCH_GROUP","launch_group":{"task_group":{"tasks":[${task},${task}]}}}`), {
    kind: "launch",
    tasks: [expected, expected],
  });
});

test("decodeExecutorEvent reads the small events", () => {
  assert.deepEqual(executor('{"type":"SUBSCRIBED","subscribed":{"executor_info":{},"agent_info":{"hostname":"h","id":{"value":"S0"}}}}'), {
    kind: "subscribed",
    agentId: "S0",
  });
  assert.deepEqual(executor('{"type":"KILL","kill":{"task_id":{"value":"t"}}}'), { kind: "kill", taskId: "t" });
  assert.deepEqual(
    executor('{"type":"KILL","kill":{"task_id":{"value":"t"},"kill_policy":{"grace_period":{"nanoseconds":9007199254740993}}}}'),
    {
      kind: "kill",
      taskId: "t",
      gracePeriod: 9007199254740993n,
    },
  );
  assert.deepEqual(executor('{"type":"ACKNOWLEDGED","acknowledged":{"task_id":{"value":"t"},"uuid":"qg=="}}'), {
    kind: "acknowledged",
    taskId: "t",
    uuid: "qg==",
  });
  assert.deepEqual(executor('{"type":"MESSAGE","message":{"data":"AA=="}}'), { kind: "message", data: new Uint8Array([0]) });
  assert.deepEqual(executor('{"type":"SHUTDOWN"}'), { kind: "shutdown" });
});
