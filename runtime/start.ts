/**
 * Starts the server and ends it: exit code 0 after SIGTERM or SIGINT, 1 where it cannot start, 2 for a configuration that cannot be used.
 *
 * It always ends: what has not come to its end `--grace` after the signal is cut, and a second signal or an error that nobody caught cuts it at once, by a SIGKILL
 * to itself. `process.exit` would wait for threads, of which one may be blocked in the system for ever; nothing is lost that was accepted.
 */
import process from "node:process";
import { setTimeout as pause } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import type { Logger } from "pino";
import { roles } from "../functions/roles.ts";
import { StoreError } from "../storage/store-error.ts";
import { createLog } from "./observe/log.ts";
import { isLoopback } from "./serve/refuse-foreign-hosts.ts";
import { type Config, ConfigError, readConfig } from "./start/config/config.ts";
import { StartError } from "./start/start-error.ts";
import { type Server, startServer } from "./start/start-server.ts";

/**
 * A query goes through much code a few times. V8's compiler, which works in the background on the processors that queries need, would be busy with it for
 * hundreds of them, as long as the queries themselves: here it leaves a function alone until it was called some 15 times as often as usual. V8 waits as long
 * by itself from version 12 on, and has no such flag there.
 */
if (Number.parseInt(process.versions.v8, 10) < 12) setFlagsFromString("--interrupt-budget=1000000");

const config = configure();
const log = openLog(config);
process.on("unhandledRejection", (error) => log.error({ err: error }, "fault: a rejection that nobody handled"));
process.on("uncaughtException", (error) => {
  log.fatal({ err: error }, "fault: an error that nobody caught");
  cut();
});
const server = await start(config, log);
for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => void end(signal));
process.stdout.write(welcome(server, config));

function configure(): Config {
  try {
    return readConfig(process.argv.slice(2), process.env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    if (error.exitCode !== 0) process.stderr.write(`${error.message}\n`);
    process.exit(error.exitCode);
  }
}

function openLog(config: Config): Logger {
  try {
    return createLog(config);
  } catch (error) {
    process.stderr.write(`Cannot write the log to ${config.logFile}: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(2);
  }
}

async function start(config: Config, log: Logger): Promise<Server> {
  try {
    return await startServer(config, log);
  } catch (error) {
    if (error instanceof StartError || error instanceof StoreError) process.stderr.write(`${error.message}\n`);
    else log.fatal({ err: error }, "the server cannot start");
    process.exit(error instanceof StartError ? error.exitCode : 1);
  }
}

let ending = false;
async function end(signal: string): Promise<void> {
  if (ending) {
    log.error({ signal }, "a second signal: the stop is cut");
    cut();
  }
  ending = true;
  log.info({ signal }, "stopping");
  setTimeout(() => {
    log.error({}, "the stop took longer than --grace and is cut");
    cut();
  }, config.grace);
  await server.stop();
  // The system's threads that are at these would hold up the exit.
  while (isAtSystemCalls()) await pause(50);
  log.info({}, "stopped");
  process.exit(0);
}

/** Whether a file, or the address of a host, is being waited for. Deno does not tell, and does not wait for them at its exit. */
function isAtSystemCalls(): boolean {
  const resources = process.getActiveResourcesInfo?.() ?? [];
  return resources.some((name) => /^(FSReq|GetAddrInfo|GetNameInfo)/.test(name));
}

function cut(): void {
  process.kill(process.pid, "SIGKILL");
}

/** What a person who has just started the server is told. */
function welcome({ url, datasets }: Server, config: Config): string {
  const { role, mongodb, state } = config;
  if (!roles[role].serves.includes("page")) {
    return `Femtoq's ${role} process listens on ${url}
${describeReach(config)}
${roles[role].work}; ${url}/nodes shows the cluster.

`;
  }
  const options = url === "http://127.0.0.1:8000" ? "" : `--server ${url} `;
  const [first] = datasets;
  const isDemo = first === "demo" || first === undefined;
  const [query, curl] = isDemo
    ? [`query ${options}examples/dimuon-mass.json`, `curl '${url}/functions/dimuon-mass?format=csv'`]
    : [`datasets ${options}${first}`, `curl ${url}/datasets/${first}`];
  return `Femtoq listens on ${url}
${describeReach(config)}
Datasets: ${datasets.join(", ") || "none yet"}. Results are kept in ${mongodb === undefined ? state : "MongoDB"}

Three things to try, the last two in another terminal:
  open ${url} in a browser
  npm run -s femtoq -- ${query}
  ${curl}

`;
}

/** What is open to whom. */
function describeReach({ host, allowHost, role, computeSecret, computeUrl }: Config): string {
  const { serves } = roles[role];
  const names = allowHost.map((name) => ` or as ${name}`).join("");
  const secret = computeSecret === undefined ? "" : ", and to whoever shows --compute-secret";
  const isUseless = computeSecret !== undefined && computeUrl === undefined;
  const compute = serves.includes("compute")
    ? ` The compute function (POST /compute) is open to this machine${secret}.`
    : isUseless
      ? " --compute-secret opens nothing here: the compute function is served with the role compute."
      : "";
  if (isLoopback(host))
    return `Open to programs of this machine${names && `, and to a proxy that calls it${names.replace(" or", "")}`}.${compute}`;
  const what = serves.includes("queries") ? "datasets, queries and results" : "nodes, health and metrics";
  return `Open to everybody who reaches ${host} by its address${names}: ${what}. What only operators may do is open to this machine.${compute}`;
}
