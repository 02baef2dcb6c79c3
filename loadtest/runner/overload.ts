/**
 * Asks far more than the server can answer for a while, and reports what it refuses, what memory it takes, and how soon its answers are as
 * before.
 */
import { setTimeout as wait } from "node:timers/promises";
import { findRecovery, type Level, levelOf, type Recovery } from "./measure/find-recovery.ts";
import { followMemory, type ProcessMemory } from "./measure/follow-memory.ts";
import { type Probe, type ProbeKind, startProbing } from "./measure/probe.ts";
import type { Report } from "./report/report.ts";
import type { Target } from "./target.ts";

export interface OverloadReport {
  /** What k6 measured. Broken limits are no fault here, since an overload is meant to break them. */
  readonly load: Report;
  /** When the load begins, when its last question is asked, and when the last probe is asked, in seconds on the probes' clock. */
  readonly begin: number;
  readonly end: number;
  readonly until: number;
  readonly probes: readonly Probe[];
  readonly felt: Readonly<Record<ProbeKind, Recovery & { readonly during: Level }>>;
  /** Megabytes of each process before the load, at most during it and after it, and the samples, whose clock is the probes'. */
  readonly memory: readonly (ProcessMemory & { readonly before: number; readonly most: number; readonly after: number })[];
  /** True if no answer was wrong and both kinds of probes recovered in time. */
  readonly kept: boolean;
}

export interface OverloadOptions {
  /** The milliseconds that the load lasts. */
  readonly duration: number;
  readonly run: (onBegin: () => void) => Promise<Report>;
  readonly onStep: (step: string) => void;
  readonly signal: AbortSignal;
}

/** In seconds: the calm before the load, and the longest wait for recovery. */
const calmTime = 10;
const longestRecovery = 60;
/** The seconds for which probing continues after recovery, to see memory released. */
const afterwards = 5;
/** The seconds within which both kinds of probes should recover. */
export const soonEnough = 10;
/** The milliseconds between looks at the memory. */
const pause = 500;

export async function overload(target: Target, { duration, run, onStep, signal }: OverloadOptions): Promise<OverloadReport> {
  const probing = await startProbing(target.urls[0]!);
  const endMemory = followMemory(target.processes, pause);
  try {
    onStep(`${calmTime} s without load, to compare with`);
    await wait(calmTime * 1000, undefined, { signal });
    let begin = Number.NaN;
    const calmUntil = probing.now();
    const load = await run(() => (begin = probing.now()));
    if (Number.isNaN(begin)) throw new Error("k6 did not say when the load began");
    const end = begin + duration / 1000;
    onStep(`until answers are as before, at most ${longestRecovery} s`);
    const times = () => ({ begin: calmUntil, end, until: probing.now() });
    const isBack = () =>
      (["stored", "new"] as const).every((kind) => findRecovery(probing.probes, { kind, ...times() }).seconds !== undefined);
    while (!isBack() && probing.now() < end + longestRecovery) await wait(500, undefined, { signal });
    await wait(afterwards * 1000, undefined, { signal });
    const { until } = times();
    const memory = endMemory();
    await probing.stop();
    const probes = probing.probes.toSorted((a, b) => a.second - b.second);
    const feel = (kind: ProbeKind) => ({
      ...findRecovery(probes, { kind, begin: calmUntil, end, until }),
      during: levelOf(probes.filter((probe) => probe.kind === kind && probe.second >= begin && probe.second < end)),
    });
    const felt = { stored: feel("stored"), new: feel("new") };
    const wrong = load.kinds.reduce((sum, each) => sum + each.wrong, 0);
    return {
      load,
      begin,
      end,
      until,
      probes,
      felt,
      memory: memory.map((each) => {
        const megabytes = (from: number, to: number) =>
          each.samples.filter(({ minute }) => minute * 60 >= from && minute * 60 < to).map((sample) => sample.megabytes);
        return {
          ...each,
          before: Math.max(...megabytes(0, begin)),
          most: Math.max(...megabytes(begin, until)),
          after: megabytes(end, Number.POSITIVE_INFINITY).at(-1) ?? Number.NaN,
        };
      }),
      kept: wrong === 0 && [felt.stored, felt.new].every(({ seconds }) => seconds !== undefined && seconds <= soonEnough),
    };
  } finally {
    endMemory();
    await probing.stop();
  }
}
