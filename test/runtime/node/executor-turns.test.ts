import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { axis, NoPartial, never, setUp, setUpTwo, slow } from "./executor-for-test.ts";

describe("createExecutor, of what computes for long,", () => {
  const demo = setUpTwo();

  test("fails for good what computes for longer than it may, and what is left of a program that did so three times", async () => {
    const short = setUp(demo.directory, { threads: 1, memory: 64 * 2 ** 20, mostCompute: 1 });
    try {
      const task = await short.task(slow, 0);
      const isLimit = (text: RegExp) => (error: unknown) =>
        error instanceof NoPartial && error.permanent === true && text.test(error.message);
      for (let time = 0; time < 3; time++) await assert.rejects(short.run(task), isLimit(/longer than 0.001 s, .* --most-compute/));
      const begun: unknown[] = [];
      await assert.rejects(short.run(task, { onRunning: () => void begun.push(1) }), isLimit(/was not tried/));
      assert.deepEqual(begun, []);
    } finally {
      await short.workers.close();
    }
  });

  test("gives the same bytes where a program had to leave its turn to others, again and again", async () => {
    const task = await demo.two.task(slow, 0);
    const alone = await demo.two.run(task);
    const one = setUp(demo.directory, { threads: 1, memory: 64 * 2 ** 20 });
    try {
      const { programKey, ...partition } = await one.task(slow, 0);
      const others = await Promise.all([1, 2].map((upper) => one.task({ histograms: { h: { axes: [{ ...axis("MET.pt"), upper }] } } }, 1)));
      const request = { programs: [programKey], dataset: "demo", partitions: [partition] };
      const payer = (client: string) => ({ client, priority: 500 });
      let ended = 0;
      // The first time a spare thread may have started only when the long one has ended.
      for (let round = 0; ended === 0; round++) {
        assert.ok(round < 20, "nothing ended beside the long one");
        let isRunning = true;
        const running = one.executor.run(request, { signalOf: () => never, payerOf: () => payer("long") }).finally(() => {
          isRunning = false;
        });
        while (isRunning) {
          for (const { programKey, ...partition } of others) {
            const options = { signalOf: () => never, payerOf: () => payer("short") };
            const [outcome] = await one.executor.run({ programs: [programKey], dataset: "demo", partitions: [partition] }, options);
            assert.equal(outcome!.kind, "partial");
            if (isRunning) ended++;
          }
        }
        const [outcome] = await running;
        assert.ok(outcome?.kind === "partial");
        assert.deepEqual(outcome.partial, alone);
      }
    } finally {
      await one.workers.close();
    }
  });
});
