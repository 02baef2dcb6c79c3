import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { JoinedNode, Subtask } from "../../../coordination/coordinator.ts";
import { HostUnavailableError } from "../../../runtime/node/fetch-within.ts";
import type { PullOptions } from "../../../runtime/node/pull-loop.ts";
import { StoreError } from "../../../storage/store-error.ts";
import { until } from "../../support/until.ts";
import { computes, fakeClaim, handOut, pull, type Run, runsOn, takes } from "./pull-loop-for-test.ts";

describe("startPullLoop", () => {
  test("saves the partial before it completes the claim", async () => {
    const one = fakeClaim(1);
    const saved: string[] = [];
    const putPartials: PullOptions["store"]["putPartials"] = async (partials) => {
      saved.push(...partials.map(({ key }) => `${key} after ${one.history.join(" ")}`));
      return ["inserted"];
    };
    const { loop } = pull([one], { run: computes, store: { ...takes, putPartials } });
    await until(() => one.history.includes("complete"));
    assert.deepEqual(saved, ["program:f1 after begin"]);
    await loop.stop();
  });

  test("never has more claims than slots, and performs all", async () => {
    const claims = Array.from({ length: 20 }, (_, i) => fakeClaim(i));
    const run: Run = async (request, options) => {
      await new Promise((resolve) => setImmediate(resolve));
      return computes(request, options);
    };
    const { loop, seen } = pull(claims, { run, slots: 3 });
    await until(() => claims.every(({ history }) => history.includes("complete")));
    assert.equal(seen.most, 3);
    await loop.stop();
  });

  test("computes others while partials are saved, up to a bound", async () => {
    const claims = Array.from({ length: 100 }, (_, i) => fakeClaim(i));
    let go = () => {};
    const disk = new Promise<void>((resolve) => {
      go = resolve;
    });
    let saving = 0;
    let computed = 0;
    const run: Run = (request, options) => {
      computed++;
      return computes(request, options);
    };
    const putPartials: PullOptions["store"]["putPartials"] = async () => {
      saving++;
      await disk;
      return ["inserted"];
    };
    const { loop, seen } = pull(claims, { slots: 1, run, store: { ...takes, putPartials } });
    // One slot, and 28 bundles beside it whose partials are saved.
    await until(() => saving === 29);
    assert.ok(computed < 50, `${computed} were computed before any was saved`);
    assert.ok(claims.every(({ history }) => !history.includes("complete")));
    go();
    await until(() => claims.every(({ history }) => history.includes("complete")));
    assert.equal(seen.most, 1);
    await loop.stop();
  });

  test("logs a partial that differs from the stored one as a fault, and completes the claim", async () => {
    const one = fakeClaim(1);
    const { loop, lines } = pull([one], { run: computes, store: { ...takes, putPartials: async () => ["different"] } });
    await until(() => one.history.includes("complete"));
    assert.ok(lines.some(({ level, message }) => level === "error" && message.startsWith("fault:")));
    await loop.stop();
  });

  test("completes a claim without computing where the store has its partial", async () => {
    const one = fakeClaim(1);
    const { loop } = pull([one], { run: computes, store: { ...takes, findPartials: async (keys) => new Set(keys) } });
    await until(() => one.history.length > 0);
    assert.deepEqual(one.history, ["complete"]);
    await loop.stop();
  });

  test("hands a claim back without computing where the store does not say what it has", async () => {
    const one = fakeClaim(1);
    const findPartials = async () => {
      throw new Error("no connection");
    };
    const { loop } = pull([one], { run: computes, store: { ...takes, findPartials } });
    await until(() => one.history.length > 0);
    assert.deepEqual(one.history, ["release"]);
    await loop.stop();
  });

  test("has what a subtask needs prepared, and the store asked once, while it is claimed", async () => {
    const one = fakeClaim(1);
    const order: string[] = [];
    const { node } = handOut([one]);
    const claim: JoinedNode["claim"] = async (options) => {
      const claimed = await node.claim(options);
      order.push("claimed");
      return claimed;
    };
    const findPartials = async () => {
      order.push("asked");
      return new Set<string>();
    };
    const prepare = ({ programKey }: Subtask) => void order.push(`prepare ${programKey}`);
    const { loop } = pull([], { node: { ...node, claim }, run: computes, prepare, store: { ...takes, findPartials } });
    await until(() => one.history.includes("complete"));
    assert.deepEqual(order, ["prepare program", "asked", "claimed"]);
    await loop.stop();
  });

  test("fails claims with their cause, for good or not", async () => {
    const [bad, passing] = [fakeClaim(1), fakeClaim(2)];
    const run: Run = async ({ partitions: [{ partition }] }) => [{ kind: "failed", cause: "unreadable", permanent: partition === 1 }];
    const { loop } = pull([bad, passing], { run });
    await until(() => [bad, passing].every(({ history }) => history.length === 1));
    assert.deepEqual(bad.history, ["fail for good unreadable"]);
    assert.deepEqual(passing.history, ["fail unreadable"]);
    await loop.stop();
  });

  test("fails the subtask for good where its partial can never be kept", async () => {
    const one = fakeClaim(1);
    const putPartials: PullOptions["store"]["putPartials"] = async () => [new StoreError("too-large", "too many bins")];
    const { loop } = pull([one], { run: computes, store: { ...takes, putPartials } });
    await until(() => one.history.length === 2);
    assert.deepEqual(one.history, ["begin", "fail for good too many bins"]);
    await loop.stop();
  });

  test("releases the claim when the store fails, and goes on with the next", async () => {
    const [one, two] = [fakeClaim(1), fakeClaim(2)];
    let puts = 0;
    const putPartials: PullOptions["store"]["putPartials"] = async () => {
      if (puts++ === 0) throw new Error("disk full");
      return ["inserted"];
    };
    const { loop } = pull([one, two], { run: computes, store: { ...takes, putPartials }, slots: 1 });
    await until(() => two.history.includes("complete"));
    assert.deepEqual(one.history, ["begin", "release"]);
    await loop.stop();
  });

  test("releases the claim when the compute function's host is away, and goes on when it is back", async () => {
    const [one, two] = [fakeClaim(1), fakeClaim(2)];
    let calls = 0;
    const run: Run = async (request, options) => {
      if (calls++ === 0) throw new HostUnavailableError("connection refused");
      return computes(request, options);
    };
    const { loop } = pull([one, two], { run, slots: 1 });
    await until(() => two.history.includes("complete"));
    assert.deepEqual(one.history, ["release"]);
    await loop.stop();
  });

  test("tries again to settle a claim while the coordinator fails", async () => {
    let refusals = 3;
    const one = fakeClaim(1, async (what) => {
      if (what === "complete" && refusals-- > 0) throw new Error("journal not writable");
      return true;
    });
    const { loop } = pull([one], { run: computes });
    await until(() => one.history.filter((each) => each === "complete").length === 4);
    await loop.stop();
  });

  test("stops what nobody asks for any more and hands its claim back", async () => {
    const one = fakeClaim(1);
    const { loop } = pull([one], { run: runsOn });
    await until(() => one.history.includes("begin"));
    one.abort.abort(new Error("withdrawn"));
    await until(() => one.history.includes("release"));
    await loop.stop();
  });

  test("lets what runs come to its end within the grace of a stop, and claims nothing more", async () => {
    const claims = [fakeClaim(1), fakeClaim(2), fakeClaim(3)];
    let finish = () => {};
    const finished = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const run: Run = async (request, options) => {
      const outcomes = await computes(request, options);
      await finished;
      return outcomes;
    };
    const { loop, seen } = pull(claims, { run });
    await until(() => claims.slice(0, 2).every(({ history }) => history.includes("begin")));
    const stopped = loop.stop(60_000);
    finish();
    await stopped;
    assert.deepEqual(
      claims.map(({ history }) => history.join(" ")),
      ["begin complete", "begin complete", ""],
    );
    assert.equal(seen.left, true);
  });

  test("releases what runs when it is stopped, then leaves", async () => {
    const claims = [fakeClaim(1), fakeClaim(2)];
    const { loop, seen } = pull(claims, { run: runsOn });
    await until(() => claims.every(({ history }) => history.includes("begin")));
    await loop.stop();
    assert.deepEqual(
      claims.map(({ history }) => history.at(-1)),
      ["release", "release"],
    );
    assert.equal(seen.left, true);
  });
});
