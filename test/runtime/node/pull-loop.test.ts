import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Claim, JoinedNode, Subtask } from "../../../coordination/coordinator.ts";
import type { Executor, Outcome } from "../../../functions/compute/executor.ts";
import { HostUnavailableError } from "../../../runtime/node/fetch-within.ts";
import { type PullOptions, startPullLoop } from "../../../runtime/node/pull-loop.ts";
import { StoreError } from "../../../storage/store-error.ts";
import { until } from "../../support/until.ts";
import { recordingLog } from "../silent-log.ts";

interface FakeClaim {
  readonly claim: Claim;
  readonly record: (what: string) => Promise<boolean>;
  readonly abort: AbortController;
  /** What became of it, in order: `begin`, `complete`, `fail CAUSE`, `fail for good CAUSE`, `release`. */
  readonly history: string[];
}

function fakeClaim(partition: number, settle: (what: string) => Promise<boolean> = async () => true): FakeClaim {
  const abort = new AbortController();
  const history: string[] = [];
  const record = (what: string) => {
    history.push(what);
    return settle(what);
  };
  const subtask: Subtask = { key: `program:f${partition}`, programKey: "program", fingerprint: `f${partition}`, dataset: "d", partition };
  return { claim: { subtask, priority: 500, signal: abort.signal }, record, abort, history };
}

/** A joined node that hands out these claims, `together` at a time, and then none. */
function handOut(claims: readonly FakeClaim[], together = 1) {
  const left = [...claims];
  const seen = { left: false, most: 0, asked: [] as number[], calls: [] as string[] };
  const draining = new AbortController();
  const recordAll = (those: readonly Claim[], what: string) => {
    seen.calls.push(`${what} ${those.length}`);
    return Promise.all(those.map((claim) => claims.find((fake) => fake.claim === claim)!.record(what)));
  };
  const node: JoinedNode = {
    id: "node",
    begin: async (those) => void (await recordAll(those, "begin")),
    complete: (those) => recordAll(those, "complete"),
    release: (those) => recordAll(those, "release"),
    fail: async (claim, cause, options) => (await recordAll([claim], `fail${options?.permanent ? " for good" : ""} ${cause}`))[0]!,
    drain: async () => draining.abort(),
    claim: ({ signal, most, prepare }) => {
      seen.asked.push(most);
      if (draining.signal.aborted) return Promise.resolve([]);
      const next = left.splice(0, together).map(({ claim }) => claim);
      for (const { subtask } of next) prepare?.(subtask);
      if (next.length > 0) return Promise.resolve(next);
      return new Promise((resolve, reject) => {
        draining.signal.addEventListener("abort", () => resolve([]), { once: true });
        signal.addEventListener("abort", () => reject(signal.reason), { once: true });
      });
    },
    report: ({ running }) => {
      seen.most = Math.max(seen.most, running);
    },
    leave: async () => {
      seen.left = true;
    },
  };
  return { node, seen };
}

const takes: PullOptions["store"] = {
  putPartials: async (partials) => partials.map(() => "inserted"),
  findPartials: async () => new Set(),
};

function pull(claims: readonly FakeClaim[], options: Partial<PullOptions> & { readonly run: Run; readonly together?: number }) {
  const { run, together, ...others } = options;
  const { node, seen } = handOut(claims, together);
  const { log, lines } = recordingLog();
  const loop = startPullLoop({
    node,
    executor: { run },
    store: takes,
    slots: 2,
    prefers: () => false,
    cacheBytes: () => 0,
    log,
    backoff: { first: 1, longest: 1 },
    ...others,
  });
  return { loop, seen, lines };
}

type Run = Executor["run"];

const partial = new Uint8Array([1, 2, 3]);
const computes: Run = async ({ programs, partitions }, { onRunning }) =>
  partitions.flatMap(({ fingerprint }) => {
    onRunning?.(programs, fingerprint);
    return programs.map((): Outcome => ({ kind: "partial", partial }));
  });
/** Runs until it is aborted. */
const runsOn: Run = ({ programs: [program], partitions: [{ fingerprint }] }, { signalOf, onRunning }) =>
  new Promise((resolve) => {
    onRunning?.([program], fingerprint);
    signalOf(program, fingerprint).addEventListener("abort", () => resolve([{ kind: "undone", cause: "aborted" }]), { once: true });
  });

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

  test("looks up, saves and completes what was claimed together by one call each", async () => {
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
    assert.deepEqual(
      seen.calls.filter((call) => !call.startsWith("begin")),
      ["release 1", "complete 1", "complete 4"],
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
