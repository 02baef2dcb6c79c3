import assert from "node:assert/strict";
import { test } from "node:test";
import { framework, RawScheduler, send } from "./raw-scheduler.ts";
import type { TestedMesos } from "./tested-mesos.ts";

const json = { "content-type": "application/json", accept: "application/json" };

/** Tests what the master refuses, and in which order it checks. */
export function testCalls(mesos: TestedMesos): void {
  const { name, url } = mesos;
  const subscribe = (info: object) => ({ type: "SUBSCRIBE", subscribe: { framework_info: info } });

  test(`${name} refuses with the code of the first thing that is wrong`, async () => {
    const good = subscribe(framework());
    const cases: readonly [what: string, status: number, body: unknown, headers?: Record<string, string>, method?: string][] = [
      ["another method", 405, "", json, "PUT"],
      ["no type of content", 400, good, { accept: "application/json" }],
      ["another type of content", 415, good, { ...json, "content-type": "text/plain" }],
      ["a type of content with a parameter", 415, good, { ...json, "content-type": "application/json; charset=utf-8" }],
      ["no JSON", 400, "{", json],
      ["no type of call", 400, {}, json],
      ["an unknown type of call", 400, { type: "ENJOY" }, json],
      ["no payload", 400, { type: "SUBSCRIBE" }, json],
      ["a framework without user", 400, subscribe({ ...framework(), user: undefined }), json],
      ["an id in one place only", 400, subscribe({ ...framework(), id: { value: "some" } }), json],
      ["an answer of another type", 406, good, { ...json, accept: "text/html" }],
      ["a stream's id before there is a stream", 400, good, { ...json, "mesos-stream-id": "some" }],
      ["a framework that nobody knows", 400, { type: "REVIVE", framework_id: { value: "nobody" } }, json],
      ["a call without framework", 400, { type: "REVIVE" }, json],
    ];
    for (const [what, status, body, headers, method] of cases)
      assert.equal((await send(url, body, headers, method)).status, status, `${what}: ${status}`);
  });

  test(`${name} takes a field that is null for one that is absent`, async () => {
    // Calls that were refused on the stream have ended.
    const refused = subscribe(framework({ roles: ["a", "a"], id: null, principal: null }));
    assert.equal((await send(url, { ...refused, framework_id: null })).status, 200);
    assert.equal((await send(url, { type: "REVIVE", framework_id: null })).status, 400);
  });

  test(`${name} wants the id of the present stream with every call, and none of a framework that is away`, async () => {
    const scheduler = new RawScheduler(url);
    await scheduler.subscribe();
    const call = { type: "REVIVE", framework_id: { value: scheduler.id } };
    assert.match(scheduler.streamId, /^[0-9a-f-]{36}$/);
    assert.equal((await send(url, call, json)).status, 400);
    assert.equal((await send(url, call, { ...json, "mesos-stream-id": "another" })).status, 400);
    assert.equal((await scheduler.call("REVIVE")).status, 202);
    for (const uuid of ["", "c2hvcnQ="]) {
      const status = { agent_id: { value: "a" }, task_id: { value: "t" }, uuid };
      assert.equal((await scheduler.acknowledge(status)).status, 400, `an acknowledgement of "${uuid}"`);
    }
    assert.equal((await scheduler.call("RECONCILE")).status, 400);
    scheduler.disconnect();
    await scheduler.until(() => !scheduler.isOpen, "the end of the stream");
    let status = 202;
    while (status === 202) status = (await scheduler.call("REVIVE")).status;
    assert.equal(status, 403);
    await scheduler.subscribe();
    await scheduler.call("TEARDOWN");
  });

  test(`${name} begins a stream with SUBSCRIBED and a heartbeat`, async () => {
    const scheduler = new RawScheduler(url);
    const first = await scheduler.subscribe({ suppressed_roles: ["*"] });
    assert.equal(first.type, "SUBSCRIBED");
    assert.equal(first.subscribed.heartbeat_interval_seconds, 15);
    assert.match(scheduler.id, /^[0-9a-f-]{36}-\d{4}$/);
    await scheduler.until(() => scheduler.events[1], "the second event");
    assert.equal(scheduler.events[1].type, "HEARTBEAT");
    await scheduler.call("TEARDOWN");
    await scheduler.closed();
    assert.deepEqual(
      scheduler.events.filter(({ type }) => type === "ERROR"),
      [],
    );
  });

  for (const [what, info, message] of [
    ["a role twice", framework({ roles: ["a", "a"] }), /role/i],
    ["roles without the capability for them", framework({ capabilities: [] }), /role/i],
    ["a role that is none", framework({ roles: ["a//b"] }), /role/i],
  ] as const) {
    test(`${name} refuses ${what} by an event on the stream, and ends it`, async () => {
      const scheduler = new RawScheduler(url, info);
      const first = await scheduler.subscribe();
      assert.equal(first.type, "ERROR");
      assert.match(first.error.message, message);
      await scheduler.closed();
    });
  }
}
