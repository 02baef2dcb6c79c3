import assert from "node:assert/strict";
import { test } from "node:test";
import { whyOversized } from "../../../../runtime/mesos/jobs/oversized-jobs.ts";
import { JobsError, readJobs } from "../../../../runtime/mesos/jobs/read-jobs.ts";
import { job } from "../scheduler/cluster.ts";

const right = { id: "a", cpus: 1, mem: 128, command: "true" };

test("readJobs: a job asks for its own cpus, mem and disk, and retries are the launches after the first", () => {
  const [wanted] = readJobs(
    JSON.stringify([{ ...right, cpus: 1.5, mem: 256, disk: 10, retries: 3, env: { A: "1" }, uris: ["http://h/f"] }]),
  );
  assert.deepEqual(wanted, {
    id: "a",
    resources: { cpus: 1.5, mem: 256, disk: 10 },
    run: { kind: "command", command: { value: "true", environment: { A: "1" }, uris: [{ value: "http://h/f" }] } },
    attempts: 4,
  });
});

test("readJobs: a list stands alone, or under jobs", () => {
  assert.equal(readJobs(JSON.stringify({ jobs: [right] })).length, 1);
});

for (const [jobs, problem] of [
  ["{", /^it is no JSON/],
  ["[]", /must be a list of jobs/],
  ["{}", /must be a list of jobs/],
  ["[7]", /^job 1: it must be an object/],
  [[{ ...right, comand: "x" }], /^job 1 \(a\): there is no field "comand"; did you mean command\?$/],
  [[{ ...right, zzzzzzzz: "x" }], /there is no field "zzzzzzzz"; there are id, cpus/],
  [[{ id: "a", cpus: 1, mem: 1 }], /^job 1 \(a\): command is missing$/],
  [[right, right], /^job 2: it has the id of job 1$/],
  [[{ ...right, id: "a/b" }], /id must be a text of 1 to 200 characters, without \/ and \\, and is "a\/b"/],
  [[{ ...right, cpus: "1" }], /cpus must be a number from 0.001 on and below 1000000000, and is "1"/],
  [[{ ...right, mem: -1 }], /mem must be a number from 0.001 on/],
  [[{ ...right, disk: 1e9 }], /disk must be 0 or a number from 0.001 on and below 1000000000, and is 1000000000/],
  [[{ ...right, retries: 1.5 }], /retries must be a whole number from 0 to 1000, and is 1.5/],
  [[{ ...right, env: { A: 1 } }], /env must be an object of texts/],
  [[{ ...right, constraints: [{ attribute: "rack", is: "a", like: "b" }] }], /constraints must be a list/],
  [[{ ...right, cpus: 1e10 }], /cpus must be a number from 0.001 on and below 1000000000, and is 10000000000/],
  [[{ ...right, env: { "A=B": "1" } }], /env must be an object of texts without NUL, .* whose names have no =/],
  [[{ ...right, env: { "": "1" } }], /env must be/],
  [[{ ...right, command: "a\0b" }], /command must be a text without NUL/],
  [[{ ...right, constraints: [{ attribute: "rack", like: "(" }] }], /constraints must be of regular expressions, which "\(" is none of/],
  [[{ ...right, __proto__x: 1 }], /there is no field/],
] satisfies [unknown, RegExp][]) {
  test(`readJobs: ${JSON.stringify(jobs)} is refused, saying what would be right`, () => {
    const text = typeof jobs === "string" ? jobs : JSON.stringify(jobs);
    assert.throws(
      () => readJobs(text),
      (error) => error instanceof JobsError && error.problems.length === 1 && problem.test(error.problems[0]!),
    );
  });
}

test("whyOversized: a job that no agent has room for is named with the biggest agent", () => {
  const room = (cpus: number, mem: number) => ({ cpus: cpus * 1000, mem: mem * 1000, disk: 0, ports: [] });
  const agents = [
    { hostname: "small", room: room(2, 9000) },
    { hostname: "big", room: room(8, 4096) },
  ];
  assert.match(
    whyOversized(job("1", { resources: { cpus: 8, mem: 8192 } }), agents)!,
    /^no agent has 8 cpus and 8192 MB; the biggest, big, has 8 cpus and 4096 MB/,
  );
  assert.equal(whyOversized(job("1", { resources: { cpus: 2, mem: 8192 } }), agents), undefined);
  assert.equal(whyOversized(job("1"), []), undefined);
});
