import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { writeDemoFile } from "../../../datasets/demo/write-demo-file.ts";
import { I, i32, load, store } from "../../../engine/wasm/instructions.ts";
import { ModuleBuilder } from "../../../engine/wasm/module-builder.ts";
import { axis, met, NoPartial, setUp } from "./executor-for-test.ts";

/** Zeroes the first thousand bytes of its only column, then reaches beyond the memory. */
function breakColumn(): Uint8Array<ArrayBuffer> {
  const m = new ModuleBuilder();
  m.export(
    m.define("run 0", ["i32", "i32", "i32", "i32", "i32", "i32"], "i32", (f) => {
      f.count(i32(0), i32(250), (index) => f.store(store.i32, f.keep(I.add(f.params[5]!, I.mul(index, i32(4)))), i32(0)));
      f.return(load.i32(i32(-16)));
    }),
  );
  return m.encode();
}

test("a program that traps as none should spoils what others compute from its slab no longer than until they load it anew", async (t) => {
  const directory = await mkdtemp(join(tmpdir(), "femtoq-executor-"));
  t.after(() => rm(directory, { recursive: true }));
  await writeDemoFile(directory, 0);
  const { task, run, executor, workers } = setUp(directory, { threads: 1, memory: 64 * 2 ** 20 });
  t.after(() => workers.close());
  const right = await task(met, 0);
  const partial = await run(right);
  const broken = await task({ histograms: { h: { axes: [{ ...axis("MET.pt"), upper: 90 }] } } }, 0, { module: breakColumn() });
  const both = {
    programs: [broken.programKey, right.programKey],
    dataset: "demo",
    partitions: [{ partition: 0, fingerprint: right.fingerprint }],
  };
  const never = new AbortController().signal;

  await assert.rejects(run(broken), (error) => error instanceof NoPartial && error.permanent === false);
  assert.equal(executor.holds(right), false);
  assert.deepEqual(await run(right), partial);

  const [failed, beside] = await executor.run(both, { signalOf: () => never });
  assert.equal(failed!.kind, "failed");
  assert.ok(beside?.kind === "partial");
  assert.deepEqual(beside.partial, partial);
});
