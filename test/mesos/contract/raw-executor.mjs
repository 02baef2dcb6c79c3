// @ts-nocheck: it is told whatever Mesos sends.
/**
 * An executor as the protocol has it, with no code of ours: each of its tasks runs until it is told to end, and messages come back. It leaves when it is shut
 * down and all is acknowledged.
 */
import { randomUUID } from "node:crypto";
import { Agent, request } from "node:http";
import process from "node:process";

const { MESOS_EXECUTOR_ID, MESOS_FRAMEWORK_ID, MESOS_AGENT_ENDPOINT } = process.env;
const ids = { executor_id: { value: MESOS_EXECUTOR_ID }, framework_id: { value: MESOS_FRAMEWORK_ID } };
const calls = new Agent({ keepAlive: true, maxSockets: 1 });
const [host, port] = MESOS_AGENT_ENDPOINT.split(":");
const open = new Set();
const tasks = new Set();
let isLeaving = false;

function send(call, agent, onAnswer = (answer) => answer.resume()) {
  const headers = { "content-type": "application/json", accept: "application/json" };
  request({ host, port, path: "/api/v1/executor", method: "POST", headers, agent }, onAnswer).end(JSON.stringify({ ...ids, ...call }));
}

function update(task_id, state) {
  const uuid = Buffer.from(randomUUID().replaceAll("-", ""), "hex").toString("base64");
  open.add(uuid);
  const status = { task_id, state, uuid, source: "SOURCE_EXECUTOR", executor_id: ids.executor_id, timestamp: Date.now() / 1000 };
  send({ type: "UPDATE", update: { status } }, calls);
}

const handlers = {
  LAUNCH({ launch }) {
    tasks.add(launch.task.task_id.value);
    update(launch.task.task_id, "TASK_RUNNING");
  },
  KILL({ kill }) {
    if (tasks.delete(kill.task_id.value)) update(kill.task_id, "TASK_KILLED");
  },
  MESSAGE({ message }) {
    send({ type: "MESSAGE", message }, calls);
  },
  ACKNOWLEDGED({ acknowledged }) {
    open.delete(acknowledged.uuid);
    if (isLeaving && open.size === 0) process.exit(0);
  },
  SHUTDOWN() {
    isLeaving = true;
    for (const value of tasks) update({ value }, "TASK_KILLED");
    tasks.clear();
    if (open.size === 0) process.exit(0);
  },
};

send({ type: "SUBSCRIBE", subscribe: {} }, new Agent(), (answer) => {
  let rest = Buffer.alloc(0);
  answer.on("data", (data) => {
    rest = Buffer.concat([rest, data]);
    for (;;) {
      const end = rest.indexOf(10);
      const length = Number(rest.subarray(0, Math.max(0, end)).toString());
      if (end < 0 || rest.length < end + 1 + length) break;
      const event = JSON.parse(rest.subarray(end + 1, end + 1 + length).toString());
      rest = rest.subarray(end + 1 + length);
      handlers[event.type]?.(event);
    }
  });
  answer.on("end", () => process.exit(1));
});
