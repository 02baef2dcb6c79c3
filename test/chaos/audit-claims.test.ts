import assert from "node:assert/strict";
import { test } from "node:test";
import { auditClaims, readTransactions } from "./audit-claims.ts";

const first = "AAAAAAAAAAAAAAAAAAAAA1";
const second = "BBBBBBBBBBBBBBBBBBBBB-";
const identity = (hash: string) => `/femtoq/subtasks/00/${hash}`;
const claim = (hash: string) => `/femtoq/claims/${hash}`;
const asked = ["1", "d", `create ${identity(first)}`, `create ${identity(second)}`];
const log = (...lines: readonly (readonly string[])[]) => lines.map((fields) => fields.join("\t")).join("\n");
const auditLog = (...lines: readonly (readonly string[])[]) => auditClaims(readTransactions([log(asked, ...lines)]));

test("auditClaims counts what was asked for, claimed, completed, lost and left", () => {
  const audit = auditLog(
    ["2", "a", `check ${identity(first)}`, `ephemeral ${claim(first)}`],
    ["3", "b", `check ${identity(second)}`, `ephemeral ${claim(second)}`],
    ["4", "a", `ephemeral ${claim(first)}.running`],
    ["5", "a", `remove ${claim(first)}`, `remove ${claim(first)}.running`, `remove ${identity(first)}`],
    ["6", "b", "end"],
  );
  assert.deepEqual(audit, { asked: 2, claimed: 2, copied: 0, completed: 1, lost: 1, left: 1, violations: [] });
});

test("auditClaims accepts several completions in one transaction, a claim handed back, and a withdrawal without a claim", () => {
  const { violations } = auditLog(
    ["2", "a", `ephemeral ${claim(first)}`, `ephemeral ${claim(second)}`],
    ["3", "a", `remove ${claim(second)}`, `check ${identity(second)}`],
    ["4", "b", `ephemeral ${claim(second)}`],
    ["5", "b", `remove ${claim(second)}`, "set /femtoq/returned"],
    ["6", "a", `remove ${claim(first)}`, `remove ${identity(first)}`],
    ["7", "d", `remove ${identity(second)}`, "create /femtoq/withdrawn/w.0000000001"],
  );
  assert.deepEqual(violations, []);
});

test("auditClaims accepts a second copy that is done first, and the first claim's end after it", () => {
  const { copied, completed, violations } = auditLog(
    ["2", "a", `ephemeral ${claim(first)}`],
    ["3", "b", `check ${claim(first)}`, `ephemeral /femtoq/copies/${first}`],
    ["4", "b", `remove /femtoq/copies/${first}`, `remove ${identity(first)}`],
    ["5", "a", `remove ${claim(first)}`],
  );
  assert.deepEqual({ copied, completed, violations }, { copied: 1, completed: 1, violations: [] });
});

test("auditClaims takes a znode that one transaction makes and removes for a proof that the subtask is gone", () => {
  const { asked, completed, violations } = auditLog(
    ["2", "a", `ephemeral ${claim(first)}`],
    ["3", "a", `remove ${claim(first)}`, `remove ${identity(first)}`],
    ["4", "c", `create ${identity(first)}`, `remove ${identity(first)}`, "remove /femtoq/queries/q"],
  );
  assert.deepEqual({ asked, completed, violations }, { asked: 2, completed: 1, violations: [] });
});

for (const { name, lines, complaint } of [
  {
    name: "completed by a session whose claim was lost",
    lines: [
      ["2", "a", `ephemeral ${claim(first)}`],
      ["3", "a", "end"],
      ["4", "b", `ephemeral ${claim(first)}`],
      ["5", "c", `remove ${claim(first)}`, `remove ${identity(first)}`],
    ],
    complaint: /session c .*(did not hold|without its claim)/,
  },
  {
    name: "completed without a claim",
    lines: [["2", "a", `remove ${identity(first)}`]],
    complaint: /completed A+1 without its claim/,
  },
  {
    name: "completed a second time",
    lines: [
      ["2", "a", `ephemeral ${claim(first)}`],
      ["3", "a", `remove ${claim(first)}`, `remove ${identity(first)}`],
      ["4", "b", `ephemeral ${claim(first)}`],
      ["5", "b", `remove ${claim(first)}`, `remove ${identity(first)}`],
    ],
    complaint: /ended A+1 a second time/,
  },
  {
    name: "changed by a session that had ended",
    lines: [
      ["2", "a", "end"],
      ["3", "a", `ephemeral ${claim(first)}`],
    ],
    complaint: /after the session's end/,
  },
]) {
  test(`auditClaims finds what was ${name}`, () => {
    assert.match(auditLog(...lines).violations.join("\n"), complaint);
  });
}

test("readTransactions gives each transaction that most members have once, in order", () => {
  const first = ["9", "b", "end"];
  const second = ["10", "a", "end"];
  const proposed = ["11", "d", "end"];
  const third = ["200000001", "c", "end"];
  const transactions = readTransactions([log(second, first), log(first, third), log(second, proposed, third)]);
  assert.deepEqual(
    transactions.map(({ session }) => session),
    ["b", "a", "c"],
  );
});
