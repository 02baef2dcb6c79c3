import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import { decodePartial } from "../../../engine/histogram/partial.ts";
import { mostPrograms } from "../../../functions/compute/executor.ts";
import { makeEvents, writeEvents } from "../../support/write-events.ts";
import { axis, dense, everything, fill, jets, met, muonPt, muons, never, setUp, setUpTwo, slow } from "./executor-for-test.ts";

describe("createExecutor, of several programs together,", () => {
  const demo = setUpTwo();

  test("gives the bytes of each program alone where several run over several partitions, and loads their columns once", async () => {
    const fresh = setUp(demo.directory, { threads: 2, memory: 64 * 2 ** 20 });
    try {
      const queries = [met, muons, jets, { ...muons, weight: "MET.pt" }];
      const tasks = await Promise.all(queries.map((query) => fresh.task(query, 0)));
      const other = await fresh.task(met, 1);
      const partitions = [tasks[0]!, other].map(({ partition, fingerprint }) => ({ partition, fingerprint }));
      const running: string[] = [];
      const onRunning = (programs: readonly string[], fingerprint: string) =>
        void running.push(...programs.map((key) => `${key}:${fingerprint}`));
      const programs = tasks.map(({ programKey }) => programKey);
      const outcomes = await fresh.executor.run({ programs, dataset: "demo", partitions }, { signalOf: () => never, onRunning });
      assert.equal(outcomes.length, 2 * tasks.length);
      assert.equal(new Set(running).size, 2 * tasks.length);
      let bytes = 0;
      for (const [index, outcome] of outcomes.entries()) {
        assert.ok(outcome.kind === "partial" && outcome.timing !== undefined);
        bytes += outcome.timing.bytes;
        const partition = Math.floor(index / tasks.length);
        const alone = await demo.two.run(await demo.two.task(queries[index % tasks.length]!, partition));
        assert.deepEqual(outcome.partial, alone);
      }
      assert.ok(bytes > 0);
      const again = await fresh.executor.run({ programs, dataset: "demo", partitions }, { signalOf: () => never });
      for (const [index, outcome] of again.entries()) {
        assert.ok(outcome.kind === "partial" && outcome.timing?.bytes === 0);
        const before = outcomes[index]!;
        assert.deepEqual(outcome.partial, before.kind === "partial" && before.partial);
      }
    } finally {
      await fresh.workers.close();
    }
  });

  test("fails only the program that can never fit into memory, and the one that the store does not have", async () => {
    const small = setUp(demo.directory, { threads: 1, memory: 4 * 2 ** 20 });
    try {
      const tasks = await Promise.all([met, everything, muons].map((query) => small.task(query, 0)));
      const { partition, fingerprint } = tasks[0]!;
      const programs = [...tasks.map(({ programKey }) => programKey), "0".repeat(64)];
      const request = { programs, dataset: "demo", partitions: [{ partition, fingerprint }] };
      const [first, large, second, unknown] = await small.executor.run(request, { signalOf: () => never });
      assert.ok(first?.kind === "partial" && second?.kind === "partial");
      assert.ok(large?.kind === "failed" && large.permanent && /--memory/.test(large.cause));
      assert.ok(unknown?.kind === "failed" && unknown.permanent && /the store does not have it/.test(unknown.cause));
      assert.deepEqual(second.partial, await demo.two.run(await demo.two.task(muons, 0)));
    } finally {
      await small.workers.close();
    }
  });

  test("gives a program more scratch until it suffices, and those that run with it their partials all the same", async () => {
    const folder = join(demo.directory, "long-lists");
    await mkdir(folder);
    const [muon] = makeEvents(20).flatMap(({ Muon }) => Muon);
    const crowd = { MET_pt: 1, genWeight: 1, Muon: Array.from({ length: 900 }, (_, index) => ({ ...muon!, pt: index % 100 })) };
    await writeEvents(join(folder, "a.parquet"), [crowd], 1);
    const x = crowd.Muon.map(({ pt }) => pt);
    const long = setUp(demo.directory, { threads: 1, memory: 64 * 2 ** 20, pattern: folder });
    try {
      const pairs = await long.task(
        { histograms: { h: { axes: [axis("Muon.pairs().filter((a, b) => a.pt < b.pt).map((a, b) => b.pt)")] } } },
        0,
      );
      const plain = await long.task(muonPt, 0);
      const { partition, fingerprint } = pairs;
      const request = { programs: [pairs.programKey, plain.programKey], dataset: "demo", partitions: [{ partition, fingerprint }] };
      const outcomes = await long.executor.run(request, { signalOf: () => never });
      const [ordered, all] = await Promise.all(
        outcomes.map(async (each) => each.kind === "partial" && (await decodePartial(each.partial))),
      );
      assert.deepEqual(all && dense(all.histograms[0]!), fill(x));
      const expected = x.flatMap((a, i) => x.slice(i + 1).flatMap((b) => (a < b ? [b] : [])));
      assert.deepEqual(ordered && dense(ordered.histograms[0]!), fill(expected));
    } finally {
      await long.workers.close();
    }
  });

  test("runs as many programs together as a request may have, though a thread keeps no more than those", async () => {
    const folder = join(demo.directory, "many-programs");
    await mkdir(folder);
    await writeEvents(join(folder, "a.parquet"), makeEvents(10), 10);
    const many = setUp(demo.directory, { threads: 1, memory: 256 * 2 ** 20, pattern: folder });
    try {
      const upTo = (upper: number) => ({ histograms: { h: { axes: [{ ...axis("MET.pt"), upper }] } } });
      const tasks = await Promise.all(Array.from({ length: mostPrograms + 6 }, (_, index) => many.task(upTo(10 + index), 0)));
      const keys = tasks.map(({ programKey }) => programKey);
      const { partition, fingerprint } = tasks[0]!;
      for (const programs of [keys.slice(0, mostPrograms), keys.slice(-mostPrograms), keys.slice(0, mostPrograms)]) {
        const request = { programs, dataset: "demo", partitions: [{ partition, fingerprint }] };
        const outcomes = await many.executor.run(request, { signalOf: () => never });
        assert.ok(outcomes.every(({ kind }) => kind === "partial"));
      }
    } finally {
      await many.workers.close();
    }
  });

  test("runs each alone where together they compute for longer than one may: only the one that does so itself has failed", async () => {
    const strict = setUp(demo.directory, { threads: 1, memory: 64 * 2 ** 20, mostCompute: 300 });
    try {
      const tasks = await Promise.all([slow, met].map((query) => strict.task(query, 0)));
      const { partition, fingerprint } = tasks[0]!;
      const programs = tasks.map(({ programKey }) => programKey);
      const [long, short] = await strict.executor.run(
        { programs, dataset: "demo", partitions: [{ partition, fingerprint }] },
        { signalOf: () => never },
      );
      assert.ok(long?.kind === "failed" && long.permanent && /--most-compute/.test(long.cause));
      assert.ok(short?.kind === "partial");
    } finally {
      await strict.workers.close();
    }
  });

  test("stops one of the programs that run together, and gives the others their partials", async () => {
    const tasks = await Promise.all([slow, met].map((query) => demo.two.task(query, 0)));
    const { partition, fingerprint } = tasks[0]!;
    const programs = tasks.map(({ programKey }) => programKey);
    const withdrawn = new AbortController();
    const onRunning = () => void setTimeout(() => withdrawn.abort(new Error("withdrawn")), 20);
    const signalOf = (key: string) => (key === programs[0] ? withdrawn.signal : never);
    const request = { programs, dataset: "demo", partitions: [{ partition, fingerprint }] };
    const [stopped, other] = await demo.two.executor.run(request, { signalOf, onRunning });
    assert.deepEqual(stopped, { kind: "undone", cause: "withdrawn" });
    assert.ok(other?.kind === "partial");
    assert.deepEqual(other.partial, await demo.two.run(tasks[1]!));
  });
});
