/** Tests what every form of a scheduler's record promises. */
import assert from "node:assert/strict";
import type { SchedulerRecord } from "../../../../runtime/mesos/record/scheduler-record.ts";
import type { Task } from "../../../../runtime/mesos/scheduler/task.ts";
import { job } from "../scheduler/cluster.ts";

export const task = (id: string): Task => ({ wanted: job(id), state: "pending", attempt: 0, failures: 0, setbacks: 0, since: 1 });

const byId = (tasks: readonly Task[]) => tasks.toSorted((a, b) => (a.wanted.id < b.wanted.id ? -1 : 1));

export async function checkRecord(open: () => Promise<SchedulerRecord>): Promise<void> {
  const again = async <T>(use: (record: SchedulerRecord) => Promise<T> | T): Promise<T> => {
    const record = await open();
    try {
      return await use(record);
    } finally {
      await record.close();
    }
  };
  await again(async (record) => {
    assert.deepEqual([record.frameworkId, record.tasks], [undefined, []]);
    await record.write([
      { kind: "framework", frameworkId: "f" },
      { kind: "put", task: task("1") },
      { kind: "put", task: task("ü 2") },
    ]);
    await record.write([
      { kind: "put", task: { ...task("1"), attempt: 1 } },
      { kind: "put", task: task("3") },
    ]);
    await record.write([
      { kind: "remove", id: "3" },
      { kind: "remove", id: "never there" },
    ]);
  });
  await again(async (record) => {
    assert.equal(record.frameworkId, "f");
    assert.deepEqual(byId(record.tasks), [{ ...task("1"), attempt: 1 }, task("ü 2")]);
    await record.write(Array.from({ length: 1_200 }, (_, index) => ({ kind: "put" as const, task: task(`many-${index}`) })));
  });
  await again(async (record) => {
    assert.equal(record.tasks.length, 1_202);
    await record.clear();
  });
  await again((record) => assert.deepEqual([record.frameworkId, record.tasks], [undefined, []]));
}
