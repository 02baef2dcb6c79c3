import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { defineCountReader } from "../../../../engine/compile/fills/define-count-reader.ts";
import { I, i32, load, store } from "../../../../engine/wasm/instructions.ts";
import { ModuleBuilder } from "../../../../engine/wasm/module-builder.ts";
import { until } from "../../../support/until.ts";
import { endless, steady } from "../../threads/hand-made-modules.ts";
import { axis } from "../executor-for-test.ts";
import { all, eventsOfEach, expectedOf, open12, partialsOf } from "./twelve-partitions.ts";

/** Zeroes its only column and reaches beyond the memory where the column's first value is this number, and does nothing elsewhere. */
function trapAt(first: number): Uint8Array<ArrayBuffer> {
  const m = new ModuleBuilder();
  m.export(defineCountReader(m));
  m.export(
    m.define("run 0", ["i32", "i32", "i32", "i32", "i32", "i32"], "i32", (f) => {
      const column = f.params[5]!;
      f.if(I.eq(load.i32(column), i32(first)), () => {
        f.count(i32(0), i32(eventsOfEach), (index) => f.store(store.i32, f.keep(I.add(column, I.mul(index, i32(4)))), i32(0)));
        f.keep(load.i32(i32(-16)));
      });
      f.return(i32(0));
    }),
  );
  return m.encode();
}

test("a thread that ends in the middle of a job takes nothing from the other partitions, and the memory of its loads is used again", async (t) => {
  const expected = await expectedOf(t);
  const sound = await open12(t);
  assert.deepEqual(partialsOf(await sound.ask(all)), expected);
  const marker = join(sound.directory, "crash");
  await writeFile(marker, "");
  // A thread has the variables that there are when it is started.
  process.env.FEMTOQ_TEST_CRASH = marker;
  t.after(() => delete process.env.FEMTOQ_TEST_CRASH);
  const setup = await open12(t, { entry: new URL("./crashing-worker.mjs", import.meta.url) });
  const beside = setup.ask(all, { payer: { client: "other", priority: 500 } });
  assert.deepEqual(partialsOf(await setup.ask(all)), expected);
  assert.deepEqual(partialsOf(await beside), expected);
  await assert.rejects(writeFile(marker, "", { flag: "r+" }), /ENOENT|No such file/, "no thread has ended");
  assert.deepEqual(partialsOf(await setup.ask(all)), expected, "from memory");
  assert.deepEqual(
    setup.setup.slabs.map(({ used }) => used),
    sound.setup.slabs.map(({ used }) => used),
  );
});

test("a program that traps over one partition of a job fails there only, and what others compute from columns that it overwrote does not count", async (t) => {
  const expected = await expectedOf(t);
  const { ask, setup } = await open12(t);
  const runs = { histograms: { run: { axes: [axis("run")] } } };
  const right = await (await open12(t)).ask(runs);
  const broken = { histograms: { run: { axes: [{ ...axis("run"), upper: 91 }] } } };
  const [outcomes, beside, same] = await Promise.all([
    ask(broken, { module: trapAt(5) }),
    ask(all, { payer: { client: "other", priority: 500 } }),
    ask(runs, { payer: { client: "third", priority: 500 } }),
  ]);
  assert.deepEqual(
    outcomes.map(({ kind }) => kind),
    outcomes.map((_, index) => (index === 5 ? "failed" : "partial")),
  );
  assert.deepEqual(partialsOf(beside), expected);
  assert.deepEqual(partialsOf(same), partialsOf(right));
  assert.deepEqual(partialsOf(await ask(runs)), partialsOf(right));
  assert.ok(setup.workers.alive > 0);
});

for (const [name, hog] of [
  ["leaves its turn", steady("hog")],
  ["leaves no turn", endless("hog")],
] as const) {
  test(`jobs that load have their turns beside a long run of another client that ${name}`, async (t) => {
    const expected = await expectedOf(t);
    const { ask, setup } = await open12(t, { threads: 1 });
    const work = setup.slabs[0]!.allocate(1024)!;
    const running = setup.workers.run(
      { kind: "run", programs: [{ programKey: "hog", slab: 0, entries: 2 ** 31 - 1, addresses: [], work }] },
      [hog],
      { payer: { client: "mallory", priority: 500 } },
    );
    await until(() => running.begun() !== undefined);
    const clients = ["alice", "bob"].map((client) => ask(all, { payer: { client, priority: 500 } }));
    for (const outcomes of await Promise.all(clients)) assert.deepEqual(partialsOf(outcomes), expected);
    running.stop(0);
    const [ended] = await running.done;
    assert(ended?.kind === "failed", "it came to its end");
    assert.equal(ended.failure.kind, "stopped");
  });
}
