/** Decides which rate to try next in the search for the highest rate that keeps the limits. */

export interface Trial {
  readonly rate: number;
  readonly kept: boolean;
}

export interface Knee {
  /** The highest rate that kept the limits and is below all rates that broke one; undefined if there is none. */
  readonly kept: number | undefined;
  /** The lowest rate that broke a limit; undefined if there is none. */
  readonly broken: number | undefined;
}

/** A rate is doubled, or halved, until the knee lies between two rates; the search ends when they differ by less than 15 %. */
const stride = 2;
const precision = 1.15;
const mostTrials = 16;

export function kneeOf(trials: readonly Trial[]): Knee {
  const broken = trials.filter(({ kept }) => !kept).map(({ rate }) => rate);
  const lowest = broken.length > 0 ? Math.min(...broken) : undefined;
  const kept = trials.filter((trial) => trial.kept && (lowest === undefined || trial.rate < lowest)).map(({ rate }) => rate);
  return { kept: kept.length > 0 ? Math.max(...kept) : undefined, broken: lowest };
}

/**
 * Doubles the rate until a limit breaks, or halves it until all are kept, then takes the geometric mean of the two. Undefined when the
 * search has ended.
 */
export function nextRate(trials: readonly Trial[], first: number): number | undefined {
  if (trials.length === 0) return first;
  if (trials.length >= mostTrials) return undefined;
  const { kept, broken } = kneeOf(trials);
  if (broken === undefined) return round(kept! * stride);
  if (kept === undefined) return broken / stride < 0.1 ? undefined : round(broken / stride);
  return broken / kept <= precision ? undefined : round(Math.sqrt(kept * broken));
}

/** Rates are rounded to three digits, so that they are easy to read. */
const round = (rate: number) => Number(rate.toPrecision(3));
