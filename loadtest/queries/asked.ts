/** A query with its right answer. */

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
  /** What passed each filter and those before it. */
  readonly cutflow: readonly { readonly events: number; readonly weight: number }[];
  /** Flow bins included. */
  readonly histograms: Readonly<Record<string, { readonly values: readonly number[]; readonly variances?: readonly number[] }>>;
}

export interface Asked {
  readonly query: QueryBody;
  readonly expected: Expected;
}

/** Which query of which run: `run` makes queries new to a server that has answered other runs before. */
export interface Place {
  /** 1 to 999,999. */
  readonly run: number;
  /** 0 to 9,999,999. */
  readonly index: number;
}

/** A filter that every event passes and that no other query has: MET is never negative. `kind` is one digit. */
export const everyEvent = ({ run, index }: Place, kind: number): string => `MET.pt > -${run}.${kind}${String(index).padStart(7, "0")}`;
