/** What a process has taken on, and what more it may: a tally of queries, and one of answers that are waited for. */
import type { Meter } from "../metrics/meter.ts";
import { type Limits, usualLimits } from "./limits.ts";
import { Tally } from "./tally.ts";

export interface Admission {
  readonly queries: Tally;
  readonly streams: Tally;
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
  };
}
