/** What the runner, or a person by `k6 run -e NAME=VALUE`, tells the script. */
import { defaultRate, type Scenario, scenarios } from "../queries/kinds.ts";

export const scenario = readScenario(__ENV.SCENARIO ?? "mixed");

function readScenario(name: string): Scenario {
  const known = scenarios.find((each) => each === name);
  if (!known) throw new Error(`Cannot use SCENARIO: one of ${scenarios.join(", ")} is required, current value is "${name}"`);
  return known;
}

/** Addresses of the dispatchers that share the questions, separated by commas. */
export const serverUrls: readonly string[] = (__ENV.SERVERS ?? "http://127.0.0.1:8000").split(",").map((url) => url.replace(/\/+$/, ""));

/** The absolute path of the right answers, which `npm run loadtest -- prepare DIR` writes. */
export const referencesPath = __ENV.REFERENCES;

/** The number that makes the queries of this run new to the server. */
export const run = Number(__ENV.RUN ?? 1 + Math.floor(Math.random() * 999_999));

export const duration = __ENV.DURATION ?? "30s";

/** The seconds for which the load rises before anything is measured; 0 leaves that out. */
export const warmUp = Number(__ENV.WARM_UP ?? 5);

/** Queries per second. */
export const rate = __ENV.RATE === undefined ? defaultRate(scenario) : Number(__ENV.RATE);

/** Limits on latency are multiplied by this factor, for shared or slow machines. */
export const slack = Number(__ENV.SLACK ?? 1);

/** The file that the summary is written to as JSON; if undefined, a table goes to the terminal. */
export const summaryPath = __ENV.SUMMARY;
