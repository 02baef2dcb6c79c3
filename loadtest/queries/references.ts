/**
 * What the right answers are put together from: counts of the demo dataset in fine bins, from a plain loop over its events, without the
 * engine. Bin widths are powers of two, so that coarser bins are sums of fine ones, whatever the rounding.
 */
import type { Expected } from "./asked.ts";

export interface References {
  /** Names what made them. */
  readonly edition: string;
  readonly entries: number;
  /** Σ genWeight. As all sums of weights here, right to about 1e-12. */
  readonly weight: number;
  readonly spectra: readonly Spectrum[];
  /** By cut, rising. */
  readonly selections: readonly Selection[];
}

/** Contents of bins of one width from `lower`; first and last of `counts` are the flow bins. */
export interface Spectrum {
  /** The expression. */
  readonly value: string;
  readonly lower: number;
  readonly width: number;
  readonly counts: readonly number[];
}

/** Events of MET below `cut` (GeV). Axes as in `massAxis`, `sumAxis` and `gapAxis`. */
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

/** Pairs of opposite charge, GeV. */
export const massAxis = { bins: 128, lower: 60, upper: 124, width: 0.5 } as const;
/** Scalar sum of two jets' pt, GeV. */
export const sumAxis = { bins: 128, lower: 32, upper: 288, width: 2 } as const;
/** Distance of two jets in eta. */
export const gapAxis = { bins: 64, lower: 0, upper: 8, width: 0.125 } as const;
export const cuts: readonly number[] = Array.from({ length: 64 }, (_, index) => 4 + index);

/** Fine bins [first, first + bins · each) of `counts` as `bins` bins and two flow bins. */
export function rebin(counts: readonly number[], first: number, bins: number, each: number): number[] {
  const sum = (from: number, to: number) => {
    let total = 0;
    for (let index = from; index < to; index++) total += counts[index]!;
    return total;
  };
  // Place 0 is the underflow.
  const start = first + 1;
  const inner = Array.from({ length: bins }, (_, bin) => sum(start + bin * each, start + (bin + 1) * each));
  return [sum(0, start), ...inner, sum(start + bins * each, counts.length)];
}

/** Without a query's weight, events count 1. */
export const unweighted = (...events: readonly number[]): Expected["cutflow"] => events.map((each) => ({ events: each, weight: each }));
