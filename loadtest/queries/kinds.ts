/** The kinds of queries that an analysis group asks: how often, and how long the answers may take. k6, the runner and the tests read them. */

export const kinds = ["first-look", "refine", "repeat", "heavy", "watch", "cancel", "bad-input"] as const;
export type Kind = (typeof kinds)[number];

export const scenarios = [...kinds, "mixed"] as const;
export type Scenario = (typeof scenarios)[number];

export interface KindOfQuery {
  /** A description for people. */
  readonly what: string;
  /** Its share of the queries of `mixed`; all shares add up to 1. */
  readonly share: number;
  /** The default rate, in queries per second, of a scenario of this kind alone. */
  readonly rate: number;
  /** The most milliseconds that half, 95 % and 99 % of the answers may take. */
  readonly limits: { readonly p50?: number; readonly p95?: number; readonly p99?: number };
  /** The number of virtual users suffices as long as no answer takes more than this many seconds. */
  readonly patience: number;
}

export const kindsOfQuery: Readonly<Record<Kind, KindOfQuery>> = {
  "first-look": { what: "new, cheap: the spectrum of a column", share: 0.12, rate: 20, limits: { p50: 50, p95: 150 }, patience: 2 },
  refine: { what: "new, columns read before: another cut", share: 0.12, rate: 10, limits: { p95: 400 }, patience: 3 },
  repeat: { what: "asked before, by somebody else", share: 0.6, rate: 1000, limits: { p99: 20 }, patience: 0.1 },
  heavy: { what: "new, all pairs of every event", share: 0.02, rate: 2, limits: { p95: 2000 }, patience: 10 },
  watch: { what: "heavy, followed from the first histogram to the last", share: 0.02, rate: 2, limits: { p95: 2000 }, patience: 10 },
  cancel: { what: "very heavy, withdrawn as soon as it runs", share: 0.02, rate: 2, limits: { p95: 1000 }, patience: 5 },
  "bad-input": { what: "wrong in one place, which the answer must name", share: 0.1, rate: 100, limits: { p99: 50 }, patience: 1 },
};

/** The default rate of `mixed`, in queries per second. */
export const mixedRate = 50;

export const defaultRate = (scenario: Scenario): number => (scenario === "mixed" ? mixedRate : kindsOfQuery[scenario].rate);

/** The rate of each kind, in queries per second, in a scenario with `rate` queries per second in all. */
export function ratesOf(scenario: Scenario, rate: number): ReadonlyMap<Kind, number> {
  if (scenario !== "mixed") return new Map([[scenario, rate]]);
  return new Map(kinds.map((kind) => [kind, rate * kindsOfQuery[kind].share]));
}

/** Shares of the answers whose latency the report shows, in per cent; k6 calls them `p(N)`. */
export const quantiles = [1, 5, 10, 20, 30, 40, 50, 60, 70, 80, 90, 95, 98, 99, 99.5, 99.9] as const;

/** From this factor of `--slack` on, latency has no limits, and questions may be dropped, since late answers are what k6 drops questions for. */
export const unlimited = 1_000_000;

/** The scripts print this line when everything is prepared and the first question is about to be asked. */
export const loadBegins = "the load begins";
