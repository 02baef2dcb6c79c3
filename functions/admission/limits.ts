/** How much one process takes on at a time, so that its memory stays bounded and admitted queries are answered soon. */
export interface Limits {
  /** The most queries that have not ended, of all clients and of one. Stored results are answered even beyond this. */
  readonly queries: number;
  readonly clientQueries: number;
  /** The most bytes, about, of the plans of these queries, of all clients and of one. */
  readonly planBytes: number;
  readonly clientPlanBytes: number;
  /** The most answers that clients wait for, of all clients and of one: event streams, `Prefer: wait` and calls of query functions. */
  readonly streams: number;
  readonly clientStreams: number;
  /** The most bytes, about, of rows in memory that are being sent, of all clients and of one. They stay until the client reads them. */
  readonly rowBytes: number;
  readonly clientRowBytes: number;
  /** In milliseconds. If clients have waited longer for their queries to begin, or a new query would, new ones are refused, unless there are only few. */
  readonly longestWait: number;
  /** In milliseconds: how long a query of an address with many clients waits for their other queries before it is refused. */
  readonly crowdPatience: number;
  /** In milliseconds: the pause before an answer 429. */
  readonly refusalPause: number;
  /** The most requests to the compute function. */
  readonly computations: number;
}

export const usualLimits: Limits = {
  queries: 2_000,
  clientQueries: 500,
  planBytes: 512_000_000,
  clientPlanBytes: 256_000_000,
  streams: 5_000,
  clientStreams: 2_000,
  rowBytes: 512_000_000,
  clientRowBytes: 128_000_000,
  longestWait: 5_000,
  crowdPatience: 5_000,
  refusalPause: 1_000,
  computations: 8,
};
