/**
 * Right answers are put together from these: counts of the demo dataset in fine bins, made by a plain loop over its events, without the
 * engine. Bin widths are powers of two, so that coarser bins are exact sums of fine ones.
 */
import type { Expected } from "./question.ts";

export interface References {
  /** The edition of the code that made them. */
  readonly edition: string;
  readonly entries: number;
  /** The sum of genWeight. Sums of weights here are right to about 1e-12 of their value. */
  readonly weight: number;
  readonly spectra: readonly Spectrum[];
  /** One for each cut, in rising order. */
  readonly selections: readonly Selection[];
}

/** The spectrum of a column in bins of equal width from `lower` on. The first of `counts` is the underflow, the last the overflow. */
export interface Spectrum {
  /** The expression that a query asks for. */
  readonly value: string;
  readonly lower: number;
  readonly width: number;
  readonly counts: readonly number[];
}

/** Counts over the events whose MET is below `cut` (GeV), in the bins of `massAxis`, `sumAxis` and `gapAxis`, flow bins included. */
export interface Selection {
  readonly cut: number;
  readonly events: number;
  readonly weight: number;
  readonly mass: readonly number[];
  readonly massWeights: readonly number[];
  readonly massVariances: readonly number[];
  readonly sum: readonly number[];
  readonly gap: readonly number[];
}

/** The mass of two muons of opposite charge, in GeV. */
export const massAxis = { bins: 128, lower: 60, upper: 124, width: 0.5 } as const;
/** The sum of the pt of two jets, in GeV. */
export const sumAxis = { bins: 128, lower: 32, upper: 288, width: 2 } as const;
/** The distance of two jets in eta. */
export const gapAxis = { bins: 64, lower: 0, upper: 8, width: 0.125 } as const;
export const cuts: readonly number[] = Array.from({ length: 64 }, (_, index) => 4 + index);

/** Sums `each` fine bins of `counts` at a time, from fine bin `first` on, into `bins` bins; all others go to the two flow bins. */
export function rebin(counts: readonly number[], first: number, bins: number, each: number): number[] {
  const sum = (from: number, to: number) => {
    let total = 0;
    for (let index = from; index < to; index++) total += counts[index]!;
    return total;
  };
  // The first of `counts` is the underflow.
  const start = first + 1;
  const inner = Array.from({ length: bins }, (_, bin) => sum(start + bin * each, start + (bin + 1) * each));
  return [sum(0, start), ...inner, sum(start + bins * each, counts.length)];
}

/** The cut flow of a query without weight, in which every event weighs 1: all events, then those that pass each filter. */
export const unweighted = (...events: readonly number[]): Expected["cutflow"] => events.map((each) => ({ events: each, weight: each }));
