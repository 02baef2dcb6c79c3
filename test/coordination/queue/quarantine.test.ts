import assert from "node:assert/strict";
import { test } from "node:test";
import { failuresInARow, Quarantine } from "../../../coordination/queue/quarantine.ts";

function failAll(quarantine: Quarantine, count: number, prefix = "subtask"): void {
  for (let index = 0; index < count; index++) quarantine.failed(`${prefix} ${index}`, "no disk");
}

test("Quarantine: a node that fails in a row what others do is in it, with what the last failure said", () => {
  const quarantine = new Quarantine();
  failAll(quarantine, failuresInARow);
  assert.equal(quarantine.doneElsewhere("subtask 0", 1000), false);
  assert.equal(quarantine.at(1000), undefined);
  assert.equal(quarantine.doneElsewhere("subtask 1", 1000), true);
  assert.match(quarantine.at(1000)!.cause, /5 subtasks failed .* 2 of them .* no disk/);
  assert.equal(quarantine.at(quarantine.at(1000)!.until), undefined);
});

test("Quarantine: without proof that others can, failures bring nobody into it, however many", () => {
  const quarantine = new Quarantine();
  failAll(quarantine, 10_000);
  assert.equal(quarantine.doneElsewhere("never tried here", 0), false);
  assert.equal(quarantine.at(0), undefined);
});

test("Quarantine: one subtask that fails again and again, or is done again and again, counts once", () => {
  const quarantine = new Quarantine();
  for (let times = 0; times < 100; times++) quarantine.failed("the same", "no disk");
  for (let times = 0; times < 100; times++) assert.equal(quarantine.doneElsewhere("the same", 0), false);
  failAll(quarantine, failuresInARow - 1);
  for (let times = 0; times < 100; times++) quarantine.doneElsewhere("the same", 0);
  assert.equal(quarantine.at(0), undefined);
});

test("Quarantine: a success in between forgives", () => {
  const quarantine = new Quarantine();
  failAll(quarantine, failuresInARow);
  quarantine.succeeded();
  failAll(quarantine, failuresInARow - 1, "later");
  for (let index = 0; index < failuresInARow; index++) {
    assert.equal(quarantine.doneElsewhere(`subtask ${index}`, 0), false);
    assert.equal(quarantine.doneElsewhere(`later ${index}`, 0), false);
  }
});

test("Quarantine: lasts twice as long each time, up to ten minutes, with fewer failures needed; a success starts afresh", () => {
  const quarantine = new Quarantine();
  const durations: number[] = [];
  let now = 0;
  for (let times = 0; times < 9; times++) {
    failAll(quarantine, times === 0 ? failuresInARow : 2, `round ${times}`);
    quarantine.doneElsewhere(`round ${times} 0`, now);
    assert.equal(quarantine.doneElsewhere(`round ${times} 1`, now), true);
    const { until } = quarantine.at(now)!;
    durations.push((until - now) / 1000);
    now = until;
  }
  assert.deepEqual(durations, [10, 20, 40, 80, 160, 320, 600, 600, 600]);
  quarantine.succeeded();
  failAll(quarantine, 2, "after");
  quarantine.doneElsewhere("after 0", now);
  assert.equal(quarantine.doneElsewhere("after 1", now), false);
});
