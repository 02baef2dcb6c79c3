/**
 * k6's options: arrivals at a steady rate, whatever the answers take, so that a slow server shows as latency and as dropped iterations
 * rather than as fewer questions. Every kind is a scenario and a tag.
 *
 * Thousands of questions a second that begin at once find code that is not compiled yet, in the server and in k6, and connections to be opened:
 * the backlog of the first second would be the 99th percentile of a minute. So `repeat` rises to its rate before anything is measured.
 */
import type { ConstantArrivalRateScenario, Options, RampingArrivalRateScenario, Threshold } from "k6/options";
import { type Kind, kindsOfQuery, quantiles, ratesOf, type Scenario, unlimited } from "../queries/kinds.ts";
import { duration, slack, warmUp } from "./settings.ts";

/** In seconds. k6 takes whole numbers of iterations per unit of time, so the unit is long. */
const rateUnit = 100;
const mostUsers = 400;
/** The seconds for the last answers of the warm-up, so that its users are free afterwards. */
const grace = 1;

export function openModel(scenario: Scenario, rate: number): Options {
  const rates = ratesOf(scenario, rate);
  const repeats = rates.get("repeat") ?? 0;
  const warms = repeats > 0 && warmUp > grace;
  return {
    scenarios: {
      ...(warms && { "warm-up": rise("repeat", repeats) }),
      ...Object.fromEntries([...rates].map(([kind, each]) => [kind, arrivals(kind, each, warms ? warmUp : 0)])),
    },
    thresholds: Object.assign(
      {
        wrong_answers: ["count==0"],
        refused_answers: ["count==0"],
        checks: ["rate==1"],
        failed_answers: ["count==0"],
      },
      ...[...rates.keys()].map(limitsOf),
    ),
    systemTags: ["scenario", "status", "expected_response"],
    summaryTrendStats: ["min", "avg", "max", ...quantiles.map((each) => `p(${each})`)],
    setupTimeout: "120s",
    noCookiesReset: true,
    userAgent: "femtoq-loadtest",
  };
}

function arrivals(kind: Kind, each: number, start: number): ConstantArrivalRateScenario {
  return {
    executor: "constant-arrival-rate",
    ...users(kind, each),
    tags: { kind },
    rate: perUnit(each),
    timeUnit: `${rateUnit}s`,
    startTime: `${start}s`,
    duration,
    gracefulStop: "30s",
  };
}

/** The rise before the load: its answers must be right, too, but their times are not measured. */
function rise(kind: Kind, each: number): RampingArrivalRateScenario {
  return {
    executor: "ramping-arrival-rate",
    ...users(kind, each),
    tags: { kind: "warm-up" },
    startRate: Math.ceil(perUnit(each) / 10),
    stages: [{ target: perUnit(each), duration: `${warmUp - grace}s` }],
    timeUnit: `${rateUnit}s`,
    gracefulStop: `${grace}s`,
  };
}

const perUnit = (each: number) => Math.max(1, Math.round(each * rateUnit));

function users(kind: Kind, each: number) {
  const most = Math.min(mostUsers, 2 + Math.ceil(each * kindsOfQuery[kind].patience));
  return { exec: "ask", env: { KIND: kind }, preAllocatedVUs: most, maxVUs: most };
}

/** The thresholds of a kind. k6's summary has a kind's metric only if it has a threshold, so some have one that cannot break (`min>=0`). */
function limitsOf(kind: Kind): Record<string, Threshold[]> {
  const { p50, p95, p99 } = kindsOfQuery[kind].limits;
  const limit = (quantile: number, most?: number) => (most === undefined || slack >= unlimited ? [] : [`p(${quantile})<=${most * slack}`]);
  return {
    [`time_to_complete{kind:${kind}}`]: [...limit(50, p50), ...limit(95, p95), ...limit(99, p99), "min>=0"],
    [`time_to_first_histogram{kind:${kind}}`]: ["min>=0"],
    [`answers{kind:${kind}}`]: ["count>=0"],
    [`wrong_answers{kind:${kind}}`]: ["count>=0"],
    [`refused_answers{kind:${kind}}`]: ["count>=0"],
    [`failed_answers{kind:${kind}}`]: ["count>=0"],
    // A question that was never begun has no tag but the name of k6's scenario, which is the kind.
    [`dropped_iterations{scenario:${kind}}`]: [slack >= unlimited ? "count>=0" : "count==0"],
  };
}
