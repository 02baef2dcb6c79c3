/** What the parts of the store's contract share. */
import { type TestContext, test } from "node:test";
import type { Store, StoredPlan } from "../../../storage/store.ts";

export interface StoreHarness {
  readonly store: Store;
  /** Ends the store as a crash would, without closing it, and opens what it left behind. */
  crash(): Promise<Store>;
}

export interface StoreConditions {
  /** Bytes of bodies. */
  readonly limit: number;
  /** In milliseconds. */
  readonly keep?: number;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** `open` returns an empty store and cleans up after the test. */
export type OpenStore = (t: TestContext, conditions: StoreConditions) => Promise<StoreHarness>;

export const hour = 3_600_000;
export const day = 24 * hour;

/** A clock that stands still until a test advances it. It starts at the real time, since a server may let documents expire by its own clock. */
export function createClock() {
  let time = Date.now();
  return { now: () => time, pass: (milliseconds: number) => (time += milliseconds) };
}

export type Clock = ReturnType<typeof createClock>;

/** `limit` in bytes of bodies, `keep` in milliseconds. */
export type Check = (claim: string, run: (harness: StoreHarness, clock: Clock) => Promise<void>, limit?: number, keep?: number) => void;

export function createCheck(name: string, open: OpenStore): Check {
  return (claim, run, limit = 1e9, keep) => {
    test(`${name}: ${claim}`, async (t) => {
      const clock = createClock();
      await run(await open(t, { limit, ...(keep === undefined ? {} : { keep }), now: clock.now }), clock);
    });
  };
}

export function makeBody(size: number, seed: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length: size }, (_, index) => (index * 31 + seed * 17) & 255);
}

export function makePlan(planKey: string, partitions: number): StoredPlan {
  return {
    planKey,
    programKey: "program",
    dataset: "zmumu",
    partitions: Array.from({ length: partitions }, (_, index) => ({
      index,
      fingerprint: `f${index}`,
      entries: 1000 + index,
      file: "a.parquet",
    })),
  };
}
