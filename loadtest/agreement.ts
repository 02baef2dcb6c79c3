/** What the scripts inside k6 and the runner outside of it agree on. */

/** Shares of the answers whose latency the report shows, in per cent; k6 calls them `p(N)`. */
export const quantiles = [1, 5, 10, 20, 30, 40, 50, 60, 70, 80, 90, 95, 98, 99, 99.5, 99.9] as const;

/** From this factor of `--slack` on, latency has no limits, and questions may be dropped, since late answers are what k6 drops questions for. */
export const unlimited = 1_000_000;

/** The scripts print this line when everything is prepared and the first question is about to be asked. */
export const loadBegins = "the load begins";
