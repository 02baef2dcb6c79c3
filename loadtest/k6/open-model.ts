/**
 * k6's options: arrivals at a steady rate, whatever the answers take, so that a slow server shows as latency and as dropped iterations
 * rather than as fewer questions. Every kind is a scenario and a tag.
 */
import type { ConstantArrivalRateScenario, Options, Threshold } from "k6/options";
import { defaultRate, type Kind, kindsOfQuery, ratesOf, type Scenario } from "../queries/kinds.ts";
import { quantiles, unlimited } from "../queries/latency.ts";
import { duration, rate, slack } from "./settings.ts";

/** k6 takes whole numbers of iterations: in so many seconds. */
const rateUnit = 100;
const mostUsers = 400;

export function openModel(scenario: Scenario): Options {
  const rates = ratesOf(scenario, rate ?? defaultRate(scenario));
  return {
    scenarios: Object.fromEntries([...rates].map(([kind, each]) => [kind, arrivals(kind, each)])),
    thresholds: Object.assign(
      {
        wrong_answers: ["count==0"],
        refused_answers: ["count==0"],
        checks: ["rate==1"],
        http_req_failed: ["rate==0"],
        dropped_iterations: ["count==0"],
      },
      ...[...rates.keys()].map(limitsOf),
    ),
    summaryTrendStats: ["min", "avg", "max", ...quantiles.map((each) => `p(${each})`)],
    setupTimeout: "120s",
    noCookiesReset: true,
    userAgent: "femtoq-loadtest",
  };
}

function arrivals(kind: Kind, each: number): ConstantArrivalRateScenario {
  const users = Math.min(mostUsers, 2 + Math.ceil(each * kindsOfQuery[kind].patience));
  return {
    executor: "constant-arrival-rate",
    exec: "ask",
    env: { KIND: kind },
    tags: { kind },
    rate: Math.max(1, Math.round(each * rateUnit)),
    timeUnit: `${rateUnit}s`,
    duration,
    preAllocatedVUs: users,
    maxVUs: users,
    gracefulStop: "30s",
  };
}

/** A metric of one kind is in the summary only where it has a threshold: those that cannot break serve for that. */
function limitsOf(kind: Kind): Record<string, Threshold[]> {
  const { p50, p95, p99 } = kindsOfQuery[kind].limits;
  const limit = (quantile: number, most?: number) => (most === undefined || slack >= unlimited ? [] : [`p(${quantile})<=${most * slack}`]);
  return {
    [`time_to_complete{kind:${kind}}`]: [...limit(50, p50), ...limit(95, p95), ...limit(99, p99), "min>=0"],
    [`time_to_first_histogram{kind:${kind}}`]: ["min>=0"],
    [`answers{kind:${kind}}`]: ["count>=0"],
    [`wrong_answers{kind:${kind}}`]: ["count>=0"],
    [`refused_answers{kind:${kind}}`]: ["count>=0"],
    [`http_req_failed{kind:${kind}}`]: ["rate>=0"],
    // What was never begun has no tags but the scenario's name, which is the kind.
    [`dropped_iterations{scenario:${kind}}`]: ["count>=0"],
  };
}
