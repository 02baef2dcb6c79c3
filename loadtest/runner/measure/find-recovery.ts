/** Finds when a server answers as fast as before an overload. */
import { quantile } from "../../../test/support/timing.ts";
import type { Probe, ProbeKind } from "./probe.ts";

export interface Level {
  /** In milliseconds. */
  readonly p50: number;
  readonly p99: number;
  readonly asked: number;
  /** The number of probes that got no answer of status 200. */
  readonly unanswered: number;
}

export interface Recovery {
  /** The answers before the load, with which answers after it are compared. */
  readonly calm: Level;
  /** The seconds from the end of the overload to the recovery; undefined if it was not seen. */
  readonly seconds: number | undefined;
}

/** In seconds: the length of each stretch of probes that is compared, and the distance of their beginnings. */
const window = 3;
const step = 0.25;
/**
 * Answers within this factor of those before the load, plus the allowance in milliseconds, count as recovered, since few and very fast probes scatter.
 */
const factor = 2;
const allowance = 10;

export function levelOf(probes: readonly Probe[]): Level {
  const answered = probes.filter(({ status }) => status === 200).map(({ milliseconds }) => milliseconds);
  return {
    p50: quantile(answered, 0.5),
    p99: quantile(answered, 0.99),
    asked: probes.length,
    unanswered: probes.length - answered.length,
  };
}

/**
 * Probes that were asked before `begin` are the calm; the overload ends at `end`. The server has recovered at the first moment from which
 * the probes of the next three seconds were all answered, half of them and 99 % of them within twice the time that half and 99 % took in
 * the calm, and 10 ms more. All times are in seconds on the probes' clock.
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
