import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { JoinedNode } from "../../../coordination/coordinator.ts";
import type { Outcome } from "../../../functions/compute/executor.ts";
import type { PullOptions } from "../../../runtime/node/pull-loop.ts";
import { StoreError } from "../../../storage/store-error.ts";
import { until } from "../../support/until.ts";
import { computes, fakeClaim, handOut, partial, pull, type Run, runsOn, takes } from "./pull-loop-for-test.ts";

describe("startPullLoop, of claims that are made together,", () => {
  test("looks up, begins, saves and completes what was claimed together by one call each", async () => {
    const claims = Array.from({ length: 6 }, (_, i) => fakeClaim(i));
    const asked: (readonly string[])[] = [];
    const saved: string[][] = [];
    const store: PullOptions["store"] = {
      async findPartials(keys) {
        asked.push(keys);
        return new Set(["program:f2"]);
      },
      async putPartials(partials) {
        saved.push(partials.map(({ key }) => key));
        return partials.map(() => "inserted");
      },
    };
    const run: Run = async (request, options) => {
      const outcomes = await computes(request, options);
      return outcomes.map((each, index) => (request.partitions[index]!.partition === 4 ? { kind: "undone", cause: "full" } : each));
    };
    const { loop, seen } = pull(claims, { run, store, together: 6 });
    await until(() => claims.every(({ history }) => ["complete", "release"].includes(history.at(-1)!)));
    await loop.stop();
    assert.deepEqual(asked, [claims.map(({ claim }) => claim.subtask.key)]);
    assert.deepEqual(saved, [["program:f0", "program:f1", "program:f3", "program:f5"]]);
    assert.deepEqual(
      claims.map(({ history }) => history.join(" ")),
      ["begin complete", "begin complete", "complete", "begin complete", "begin release", "begin complete"],
    );
    assert.deepEqual(seen.calls, ["begin 5", "release 1", "complete 1", "complete 4"]);
  });

  test("stores partials with the ends of their claims where store and coordinator can, and fails what can never be kept", async () => {
    const claims = Array.from({ length: 3 }, (_, i) => fakeClaim(i));
    const { node } = handOut(claims, 3);
    const completeAlong: JoinedNode["completeAlong"] = async (those, write) => {
      const isStored = write();
      await node.complete(those.filter((_, index) => isStored[index]));
      return isStored;
    };
    const putPartialsWithin: PullOptions["store"]["putPartialsWithin"] = (partials) =>
      partials.map(({ key }) => (key === "program:f1" ? new StoreError("too-large", "too many bins") : "inserted"));
    const putPartials = () => assert.fail("they are stored within the transaction");
    const { loop } = pull([], { run: computes, node: { ...node, completeAlong }, store: { ...takes, putPartials, putPartialsWithin } });
    await until(() => claims.every(({ history }) => history.length === 2));
    await loop.stop();
    assert.deepEqual(
      claims.map(({ history }) => history.at(-1)),
      ["complete", "fail for good too many bins", "complete"],
    );
  });

  test("fails of a bundle only what failed, and hands all of it back where the store fails", async () => {
    const claims = Array.from({ length: 4 }, (_, i) => fakeClaim(i));
    let puts = 0;
    const store: PullOptions["store"] = {
      ...takes,
      async putPartials(partials) {
        if (puts++ > 0) throw new Error("disk full");
        return partials.map(({ key }) => (key === "program:f1" ? new StoreError("too-large", "the partial is too large") : "inserted"));
      },
    };
    const { loop } = pull(claims, { run: computes, store, together: 2, slots: 1 });
    await until(() => claims.every(({ history }) => history.length === 2));
    await loop.stop();
    assert.deepEqual(
      claims.map(({ history }) => history[1]),
      ["complete", "fail for good the partial is too large", "release", "release"],
    );
  });

  test("claims several at a time once subtasks were short, and one where the latest were long", async () => {
    for (const [computing, most] of [
      [8, 6],
      [40, 1],
    ] as const) {
      const claims = Array.from({ length: 20 }, (_, i) => fakeClaim(i));
      const timing = { compiling: 0, loading: 90, reading: 0, decoding: 0, thread: 70, computing, bytes: 0 };
      const run: Run = async (request, options) => (await computes(request, options)).map((each) => ({ ...each, timing }) as Outcome);
      const { loop, seen } = pull(claims, { run, slots: 1 });
      await until(() => claims.every(({ history }) => history.includes("complete")));
      await loop.stop();
      assert.equal(seen.asked[0], 1);
      assert.equal(seen.asked.at(-1), most);
    }
  });

  test("hands back what a bundle has not begun long after its first, and completes what it has", async () => {
    const claims = Array.from({ length: 3 }, (_, i) => fakeClaim(i));
    const run: Run = async ({ programs, partitions }, { signalOf, onRunning }) => {
      onRunning?.(programs, partitions[0]!.fingerprint);
      const waits = partitions.slice(1).map(({ fingerprint }) => signalOf(programs[0]!, fingerprint));
      await until(() => waits.every(({ aborted }) => aborted));
      assert.equal(signalOf(programs[0]!, partitions[0]!.fingerprint).aborted, false);
      return [{ kind: "partial", partial }, ...waits.map((): Outcome => ({ kind: "undone", cause: "late" }))];
    };
    const { loop } = pull(claims, { run, together: 3 });
    await until(() => claims.every(({ history }) => ["complete", "release"].includes(history.at(-1)!)));
    assert.deepEqual(
      claims.map(({ history }) => history.join(" ")),
      ["begin complete", "release", "release"],
    );
    await loop.stop();
  });

  test("completes what is done of a bundle while another client's part of it computes for long", async () => {
    const long = fakeClaim(0, undefined, { programKey: "long", client: "hog" });
    const short = fakeClaim(1);
    const run: Run = (request, options) => (request.programs[0] === "long" ? runsOn : computes)(request, options);
    const { loop } = pull([long, short], { run, together: 2 });
    await until(() => short.history.includes("complete"));
    assert.deepEqual(long.history, ["begin"]);
    await loop.stop();
  });

  test("hands back what is computed together with another client's that takes long, and has each of it claimed alone", async () => {
    const claims = [fakeClaim(0, undefined, { programKey: "long", client: "hog" }), fakeClaim(0, undefined, { programKey: "short" })];
    const run: Run = async ({ programs, partitions: [{ fingerprint }] }, { signalOf, onRunning }) => {
      onRunning?.(programs, fingerprint);
      await until(() => programs.every((program) => signalOf(program, fingerprint).aborted));
      return programs.map(() => ({ kind: "undone", cause: "aborted" }));
    };
    const { loop, seen } = pull(claims, { run, together: 2 });
    await until(() => claims.every(({ history }) => history.includes("release")));
    assert.ok(claims.every(({ claim }) => seen.comesAlone?.(claim.subtask)));
    await loop.stop();
  });
});
