/**
 * Limits what a process takes on. It has tallies of queries under way and the bytes of their plans, of answers that clients wait for, of rows being
 * sent, of unfinished request bodies, and of requests to compute.
 */
import type { Meter } from "../metrics/meter.ts";
import { type Limits, usualLimits } from "./limits.ts";
import { Tally } from "./tally.ts";

export interface Admission {
  readonly queries: Tally;
  readonly planBytes: Tally;
  readonly streams: Tally;
  /** The bytes in memory of rows that are being sent. */
  readonly rowBytes: Tally;
  /** The bytes of request bodies that have not arrived completely. */
  readonly bodies: Tally;
  readonly computations: Tally;
  /** In milliseconds, from `Limits`. */
  readonly longestWait: number;
  readonly crowdPatience: number;
  readonly refusalPause: number;
}

/** The most bytes of all unfinished bodies. */
const mostOfBodies = 64 * 2 ** 20;

export function createAdmission({
  limits = usualLimits,
  meter,
}: {
  readonly limits?: Limits | undefined;
  readonly meter?: Meter | undefined;
}): Admission {
  return {
    longestWait: limits.longestWait,
    crowdPatience: limits.crowdPatience,
    refusalPause: limits.refusalPause,
    queries: new Tally({
      what: "queries under way",
      most: limits.queries,
      mostOfClient: limits.clientQueries,
      limits: { all: "queries", client: "client-queries" },
      meter,
    }),
    planBytes: new Tally({
      what: "bytes of plans under way",
      most: limits.planBytes,
      mostOfClient: limits.clientPlanBytes,
      limits: { all: "plans", client: "client-plans" },
      meter,
    }),
    streams: new Tally({
      what: "answers being waited for",
      most: limits.streams,
      mostOfClient: limits.clientStreams,
      limits: { all: "streams", client: "client-streams" },
      meter,
    }),
    rowBytes: new Tally({
      what: "bytes of rows being sent",
      most: limits.rowBytes,
      mostOfClient: limits.clientRowBytes,
      limits: { all: "streams", client: "client-streams" },
      meter,
    }),
    bodies: new Tally({
      what: "bytes of requests half sent",
      most: mostOfBodies,
      mostOfClient: mostOfBodies / 8,
      limits: { all: "bodies", client: "client-bodies" },
      meter,
    }),
    computations: new Tally({
      what: "requests to compute",
      most: limits.computations,
      limits: { all: "computations", client: "computations" },
      meter,
    }),
  };
}
