/**
 * A question: a query with its right answer. Questions are made from the number of the run and an index alone, so that makers keep no state
 * and k6's virtual users need not talk to one another.
 */

export interface QueryBody {
  readonly dataset: string;
  readonly define?: Readonly<Record<string, string>>;
  readonly filter: readonly string[];
  readonly weight?: string;
  readonly histograms: Readonly<Record<string, { readonly axes: readonly Axis[] }>>;
}

export interface Axis {
  readonly type: "regular";
  readonly bins: number;
  readonly lower: number;
  readonly upper: number;
  readonly label?: string;
  readonly value: string;
}

export interface Expected {
  /** Entries of the dataset. */
  readonly entries: number;
  /** How many events, and how much weight, pass each filter and all filters before it; the first line is of all events. */
  readonly cutflow: readonly { readonly events: number; readonly weight: number }[];
  /** The contents of all bins, with the underflow first and the overflow last. */
  readonly histograms: Readonly<Record<string, { readonly values: readonly number[]; readonly variances?: readonly number[] }>>;
}

export interface Question {
  readonly query: QueryBody;
  readonly expected: Expected;
}

/** Which question this is. `run` makes the queries of a run new to a server that has answered other runs before. */
export interface Place {
  /** 1 to 999,999. */
  readonly run: number;
  /** 0 to 9,999,999. */
  readonly index: number;
}

/** A filter that every event passes, since MET is never negative, and that no other query has. `kind` is one digit, different for each kind of query. */
export const everyEvent = ({ run, index }: Place, kind: number): string => `MET.pt > -${run}.${kind}${String(index).padStart(7, "0")}`;

/** An integer in [0, bound), with bound ≤ 2^32. It looks random and is the same for the same numbers. */
export function draw(bound: number, ...from: readonly number[]): number {
  let mixed = 0x9e3779b9;
  for (const each of from) {
    mixed = Math.imul(mixed ^ each ^ (each / 2 ** 32), 0x85ebca6b);
    mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
    mixed ^= mixed >>> 16;
  }
  return Math.floor(((mixed >>> 0) / 2 ** 32) * bound);
}
