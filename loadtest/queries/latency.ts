/** Shares of the answers whose latency the report shows, in per cent; k6 calls them `p(N)`. */
export const quantiles = [1, 5, 10, 20, 30, 40, 50, 60, 70, 80, 90, 95, 98, 99, 99.5, 99.9] as const;

/** Slack from which latency has no limits. */
export const unlimited = 1_000_000;
