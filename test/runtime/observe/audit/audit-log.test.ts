import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { auditLogs, describeAudit, type LogSource } from "../../../../runtime/observe/audit/audit-log.ts";

const time = Date.UTC(2026, 0, 2, 3, 4, 5);
const received = (request: string, more: object = {}) => ({
  level: 30,
  time,
  request,
  method: "POST",
  path: "/queries",
  msg: "request received",
  ...more,
});
const answered = (request: string, status = 200) => ({ level: 30, time, request, status, ms: 1, msg: "request answered" });
const accepted = (query: string) => ({ level: 30, time, query, msg: "query accepted" });
const ended = (query: string) => ({ level: 30, time, query, state: "done", msg: "query ended" });

const log = (name: string, ...entries: readonly (object | string)[]): LogSource => ({
  name,
  async *lines() {
    for (const entry of entries) yield typeof entry === "string" ? entry : JSON.stringify(entry);
  },
});

describe("auditLogs", () => {
  test("finds every request answered where it is so, whatever the status", async () => {
    const audit = await auditLogs([log("a", received("1"), received("2"), answered("2", 400), answered("1"), { level: 30, msg: "else" })]);
    assert.deepEqual(
      { ...audit },
      {
        received: 2,
        answered: 2,
        unreadable: 0,
        byStatus: { "2xx": 1, "4xx": 1 },
        repeated: [],
        lost: [],
        accepted: 0,
        open: [],
        notLogs: [],
      },
    );
  });

  test("names a request that a process took and did not answer, with its client and log", async () => {
    const audit = await auditLogs([log("a", received("1"), answered("1"), received("2", { client: "ana" }))]);
    assert.deepEqual(audit.lost, [{ request: "2", time: "2026-01-02T03:04:05.000Z", path: "/queries", client: "ana", log: "a" }]);
  });

  test("does not take the same number in another process for an answer there, but one sent again under its own id", async () => {
    const first = log("a", received("mine"), received("x-1"));
    const second = log("b", received("mine"), answered("mine"), received("x-2"), answered("x-2"));
    for (const logs of [
      [first, second],
      [second, first],
    ]) {
      const audit = await auditLogs(logs);
      assert.deepEqual(
        audit.repeated.map(({ request }) => request),
        ["mine"],
      );
      assert.deepEqual(
        audit.lost.map(({ request }) => request),
        ["x-1"],
      );
    }
  });

  test("counts an id that is used several times as often as it came", async () => {
    const audit = await auditLogs([log("a", received("1"), received("1"), received("1"), answered("1"), answered("1"))]);
    assert.deepEqual([audit.received, audit.answered, audit.repeated.length], [3, 2, 1]);
  });

  test("names queries whose end no log tells, however the logs are ordered", async () => {
    const [a, b] = [log("a", accepted("q1"), accepted("q2")), log("b", accepted("q1"), ended("q1"))];
    for (const logs of [
      [a, b],
      [b, a],
    ]) {
      const { accepted: count, open } = await auditLogs(logs);
      assert.equal(count, 2);
      assert.deepEqual(
        open.map(({ query }) => query),
        ["q2"],
      );
    }
  });

  test("counts lines that are no entries, such as the one a kill cut short", async () => {
    const audit = await auditLogs([log("a", received("1"), answered("1"), "(node:1) Warning", '{"level":30,"ti', "3")]);
    assert.equal(audit.unreadable, 3);
    assert.equal(audit.lost.length, 0);
  });

  test("tells a file without any entry from a log with damaged lines and from one that is empty", async () => {
    const { notLogs } = await auditLogs([log("readme", "# Title", ""), log("damaged", received("1"), answered("1"), "("), log("empty")]);
    assert.deepEqual(notLogs, ["readme"]);
  });
});

test("describeAudit says how many and names the lost ones, at most fifty of them", async () => {
  const many = Array.from({ length: 60 }, (_, index) => received(`r${index}`));
  const text = describeAudit(await auditLogs([log("a", ...many, accepted("q"))]));
  assert.match(text, /60 received, 0 answered/);
  assert.match(text, /60 without an answer:/);
  assert.match(text, /r49 /);
  assert.doesNotMatch(text, /r50 /);
  assert.match(text, /and 10 more/);
  assert.match(text, /1 to compute, 0 ended/);
});
