/** What the runner, or `k6 run -e NAME=VALUE`, tells the scripts. */

/** Dispatchers that share the questions, without slash at the end; commas between them. */
export const serverUrls: readonly string[] = (__ENV.SERVERS ?? "http://127.0.0.1:8000").split(",").map((url) => url.replace(/\/+$/, ""));

/** Absolute path of the references; `npm run loadtest -- prepare DIR` writes them. */
export const referencesPath = __ENV.REFERENCES;

/** Makes this run's queries new to the server. */
export const run = Number(__ENV.RUN ?? 1 + Math.floor(Math.random() * 999_999));

export const duration = __ENV.DURATION ?? "30s";

/** Seconds of rising load before what is measured; 0 for none. */
export const warmUp = Number(__ENV.WARM_UP ?? 5);

/** Queries a second, undefined for the scenario's own. */
export const rate = __ENV.RATE === undefined ? undefined : Number(__ENV.RATE);

/** Limits on latency are multiplied by it: shared or slow machines. */
export const slack = Number(__ENV.SLACK ?? 1);

/** Where the summary goes as JSON; to the terminal where undefined. */
export const summaryPath = __ENV.SUMMARY;
