import assert from "node:assert/strict";
import { test } from "node:test";
import { startNode } from "../../../runtime/node/node.ts";
import type { PullLoop } from "../../../runtime/node/pull-loop.ts";
import { recordingLog, silent } from "../silent-log.ts";

test("startNode joins again after what fails, and says meanwhile why it computes nothing", async () => {
  let joined = () => {};
  const secondAttempt = new Promise<void>((resolve) => {
    joined = resolve;
  });
  let attempts = 0;
  let stopped = false;
  const loop: PullLoop = {
    async stop() {
      stopped = true;
    },
  };
  const node = startNode(async () => {
    if (++attempts === 1) throw new Error("the name is taken");
    joined();
    return loop;
  }, silent);
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(node.notReady(), ["this process computes nothing: the name is taken"]);
  await secondAttempt;
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(node.notReady(), []);
  await node.stop();
  assert.equal(stopped, true);
});

test("startNode that is stopped while it joins leaves as soon as it has", async () => {
  let join = (_: PullLoop) => {};
  const joining = new Promise<PullLoop>((resolve) => {
    join = resolve;
  });
  const node = startNode(() => joining, silent);
  await node.stop();
  const left = new Promise<void>((resolve) => join({ stop: async () => resolve() }));
  await left;
});

test("startNode ends its stop where leaving fails, and says so", async () => {
  const { log, lines } = recordingLog();
  const node = startNode(async () => ({ stop: () => Promise.reject(new Error("no connection")) }), log);
  await new Promise((resolve) => setImmediate(resolve));
  await node.stop();
  assert.match(lines.at(-1)!.message, /could not leave/);
});
