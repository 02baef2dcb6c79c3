/** What a process has taken on, and what more it may: tallies of queries, of answers that are waited for, and of requests to compute. */
import type { Meter } from "../metrics/meter.ts";
import { type Limits, usualLimits } from "./limits.ts";
import { Tally } from "./tally.ts";

export interface Admission {
  readonly queries: Tally;
  readonly streams: Tally;
  readonly computations: Tally;
  /** Milliseconds: `Limits.longestWait`. */
  readonly longestWait: number;
}

export function createAdmission({
  limits = usualLimits,
  meter,
}: {
  readonly limits?: Limits | undefined;
  readonly meter?: Meter | undefined;
}): Admission {
  return {
    longestWait: limits.longestWait,
    queries: new Tally({
      what: "queries under way",
      most: limits.queries,
      mostOfClient: limits.clientQueries,
      limits: { all: "queries", client: "client-queries" },
      meter,
    }),
    streams: new Tally({
      what: "answers being waited for",
      most: limits.streams,
      mostOfClient: limits.clientStreams,
      limits: { all: "streams", client: "client-streams" },
      meter,
    }),
    computations: new Tally({
      what: "requests to compute",
      most: limits.computations,
      mostOfClient: limits.computations + 1,
      limits: { all: "computations", client: "computations" },
      meter,
    }),
  };
}
