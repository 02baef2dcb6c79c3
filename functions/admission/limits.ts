/** What one process takes on at a time, so that its memory stays bounded and what it took is answered soon. */
export interface Limits {
  /** Queries that have not ended, of all clients and of one. What is stored is answered all the same. */
  readonly queries: number;
  readonly clientQueries: number;
  /** Bytes of the plans of these queries, about, of all clients and of one. */
  readonly planBytes: number;
  readonly clientPlanBytes: number;
  /** Answers that clients wait for: event streams, `Prefer: wait` and calls of query functions; of all clients and of one. */
  readonly streams: number;
  readonly clientStreams: number;
  /** Bytes of rows in memory, about, for answers that are being sent: whoever does not read holds them. Of all clients and of one. */
  readonly rowBytes: number;
  readonly clientRowBytes: number;
  /** Milliseconds. Where clients have waited longer for their queries to begin, or a new query would, new ones are refused, unless there are few. */
  readonly longestWait: number;
  /** Milliseconds for which a query waits for others of its address, of which there are many, before it is refused. */
  readonly crowdPatience: number;
  /** Milliseconds for which an answer 429 is held back. */
  readonly refusalPause: number;
  /** Requests to the compute function. */
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
