/** When a server's answers are again as they were before it had too much to do. Pure. */
import type { Probe, ProbeKind } from "./probe.ts";

export interface Level {
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
  readonly asked: number;
  /** Without an answer of status 200. */
  readonly unanswered: number;
}

export interface Recovery {
  /** The seconds [from, until) of the quiet time before, with which what comes after is compared. */
  readonly calm: Level;
  /** Seconds from the end of the overload; undefined where it did not come. */
  readonly seconds: number | undefined;
}

/** Seconds of probes that are compared with those before. */
const window = 3;
const step = 0.25;
/** How much slower is as good as before: few probes scatter. Milliseconds are added for what is very fast. */
const factor = 2;
const allowance = 10;

export function levelOf(probes: readonly Probe[]): Level {
  const rising = probes.filter(({ status }) => status === 200).map(({ milliseconds }) => milliseconds);
  rising.sort((a, b) => a - b);
  const at = (share: number) => rising[Math.min(rising.length - 1, Math.floor(share * rising.length))] ?? Number.NaN;
  return { p50: at(0.5), p99: at(0.99), asked: probes.length, unanswered: probes.length - rising.length };
}

/**
 * The end of the overload is `end`; what was asked before `begin` is the calm. Recovered is the first moment from which the questions of the next
 * three seconds were all answered, half of them and 99 % of them within twice what half and 99 % took before (and 10 ms).
 */
export function findRecovery(
  probes: readonly Probe[],
  { kind, begin, end, until }: { readonly kind: ProbeKind; readonly begin: number; readonly end: number; readonly until: number },
): Recovery {
  const own = probes.filter((probe) => probe.kind === kind);
  const calm = levelOf(own.filter(({ second }) => second < begin));
  for (let from = end; from + window <= until; from += step) {
    const { p50, p99, asked, unanswered } = levelOf(own.filter(({ second }) => second >= from && second < from + window));
    const isCalm = asked > 0 && unanswered === 0 && p50 <= factor * calm.p50 + allowance && p99 <= factor * calm.p99 + allowance;
    if (isCalm) return { calm, seconds: from - end };
  }
  return { calm, seconds: undefined };
}
