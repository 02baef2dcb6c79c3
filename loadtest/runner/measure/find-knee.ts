/** Which rate to try next in search of the highest that keeps the limits. Pure. */

export interface Trial {
  readonly rate: number;
  readonly kept: boolean;
}

export interface Knee {
  /** The highest rate that was kept below all that were not; undefined where none was. */
  readonly kept: number | undefined;
  /** The lowest that was not; undefined where all were kept. */
  readonly broken: number | undefined;
}

/** Factors. */
const stride = 2;
const precision = 1.15;
const mostTrials = 16;

export function kneeOf(trials: readonly Trial[]): Knee {
  const broken = trials.filter(({ kept }) => !kept).map(({ rate }) => rate);
  const lowest = broken.length > 0 ? Math.min(...broken) : undefined;
  const kept = trials.filter((trial) => trial.kept && (lowest === undefined || trial.rate < lowest)).map(({ rate }) => rate);
  return { kept: kept.length > 0 ? Math.max(...kept) : undefined, broken: lowest };
}

/** Doubles until a limit breaks (halves until they are kept), then halves the ratio of the two. Undefined where that is fine enough. */
export function nextRate(trials: readonly Trial[], first: number): number | undefined {
  if (trials.length === 0) return first;
  if (trials.length >= mostTrials) return undefined;
  const { kept, broken } = kneeOf(trials);
  if (broken === undefined) return round(kept! * stride);
  if (kept === undefined) return broken / stride < 0.1 ? undefined : round(broken / stride);
  return broken / kept <= precision ? undefined : round(Math.sqrt(kept * broken));
}

/** Three digits are enough to read. */
const round = (rate: number) => Number(rate.toPrecision(3));
