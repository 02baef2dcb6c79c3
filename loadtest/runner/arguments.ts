/** Reads and checks the runner's arguments before anything begins. Throws `LoadError` of exit code 2 that tells what would be right. */
import { resolve } from "node:path";
import { Command, CommanderError, Option } from "commander";
import { parseDuration } from "../../runtime/start/config/units.ts";
import { defaultRate, kinds, kindsOfQuery, type Scenario, scenarios, unlimited } from "../queries/kinds.ts";
import { LoadError } from "./load-error.ts";

/** Which server is under load. */
export type TargetChoice =
  | { readonly kind: "embedded" }
  | { readonly kind: "url"; readonly url: string }
  | { readonly kind: "cluster"; readonly nodes: number; readonly dispatchers: number };

export type Task =
  | { readonly kind: "help"; readonly text: string }
  /** Writes the demo's files and the right answers into a directory. */
  | { readonly kind: "prepare"; readonly directory: string }
  | LoadTask
  | WatchersTask
  | SiegeTask;

interface Common {
  readonly target: TargetChoice;
  /** The absolute path of the JSON report; nothing is written if undefined. */
  readonly json?: string;
}

export interface LoadTask extends Common {
  readonly kind: "load";
  readonly scenario: Scenario;
  readonly mode: "once" | "find-limit" | "soak" | "overload";
  /** In milliseconds; with `find-limit`, of each step. */
  readonly duration: number;
  /** Queries per second; with `overload`, a tenth of the load. */
  readonly rate: number;
  /** A factor for the limits on latency. */
  readonly slack: number;
  /** The absolute path of the HTML report. */
  readonly html: string;
}

export interface WatchersTask extends Common {
  readonly kind: "watchers";
  readonly watchers: number;
  readonly queries: number;
}

export interface SiegeTask extends Common {
  readonly kind: "siege";
  /** In milliseconds. */
  readonly duration: number;
  readonly slack: number;
}

const commands = [...scenarios, "watchers", "siege", "prepare"] as const;
const shortestDuration = 1_000;

const list = [
  ...kinds.map((kind) => [kind, kindsOfQuery[kind].what] as const),
  ["mixed", "all of these, in the shares of an analysis group"] as const,
  ["watchers", "event streams: 1,000 readers of 50 queries, and readers that do not read"] as const,
  ["siege", "hogs, a flood of names and bodies half sent, and honest clients beside them"] as const,
  ["prepare DIR", "writes the demo's files and the right answers, for a cluster of your own"] as const,
]
  .map(([name, what]) => `  ${name.padEnd(14)}${what}`)
  .join("\n");

const help = `
Scenarios:
${list}

Examples:
  npm run loadtest -- mixed                                 a server of its own, 30 s
  npm run loadtest -- repeat --rate 2000 --duration 1min
  npm run loadtest -- repeat --find-limit                   the highest rate that keeps the limits
  npm run loadtest -- mixed --cluster 2 --json out.json     ZooKeeper, MongoDB, a dispatcher, 2 nodes
  npm run loadtest -- mixed --url http://dispatch.example.org:8000
  npm run loadtest -- mixed --soak --rate 40                10 minutes, with memory and leaks
  npm run loadtest -- mixed --overload --rate 80            ten times 80/s for 20 s, then until answers are as before
  npm run loadtest -- --smoke                               half a minute, for every commit

Every answer is compared with the right one. Exit codes: 0 all limits kept, 1 wrong, failed, dropped or too slow, 2 bad options,
3 k6 or a server is missing. docs/load-tests.md tells more.`;

function describe(): Command {
  return new Command("npm run loadtest --")
    .description("Asks a Femtoq server what an analysis group asks, at a steady rate, and says how long the answers take.")
    .argument("[scenario]", "see below")
    .argument("[directory]", "of prepare")
    .addOption(new Option("--url <URL>", "a server that runs; it needs the demo dataset").conflicts(["cluster", "dispatchers"]))
    .addOption(new Option("--cluster <N>", "start a cluster of N compute nodes on this machine"))
    .addOption(new Option("--dispatchers <D>", "of the cluster").default("1"))
    .addOption(new Option("--duration <TIME>", "30s, 10min; of every step with --find-limit"))
    .addOption(new Option("--rate <N>", "queries a second; with --find-limit the first to try"))
    .addOption(new Option("--slack <FACTOR>", "multiplies the limits on latency, for a slow or busy machine").default("1"))
    .addOption(new Option("--find-limit", "raise the rate until a limit breaks").conflicts(["soak", "overload", "smoke"]))
    .addOption(new Option("--soak", "minute after minute: does memory grow, does anything leak?").conflicts(["overload", "smoke"]))
    .addOption(new Option("--overload", "ten times the rate for a while: how soon are answers as before?").conflicts("smoke"))
    .addOption(new Option("--smoke", "mixed, short, slow: only right answers count"))
    .addOption(new Option("--watchers <N>", "of watchers").default("1000"))
    .addOption(new Option("--queries <N>", "of watchers").default("50"))
    .addOption(new Option("--json <FILE>", "write the report as JSON, too"))
    .addOption(new Option("--html <FILE>", "where the report goes").default(".femtoq/loadtest/report.html"))
    .addHelpText("after", help);
}

/** @param args The arguments without the names of interpreter and program. */
export function readArguments(args: readonly string[]): Task {
  const command = describe();
  let said = "";
  command
    .exitOverride()
    .allowExcessArguments(false)
    .configureOutput({ writeErr: (text) => (said += text), writeOut: (text) => (said += text) });
  try {
    command.parse([...args], { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return { kind: "help", text: said };
    throw new LoadError(`${said.trim() || error.message}\nnpm run loadtest -- --help tells more`, 2, { cause: error });
  }
  return readTask(command);
}

function readTask(command: Command): Task {
  const options = command.opts<Readonly<Record<string, string | undefined>>>();
  const smoke = options.smoke !== undefined;
  const name = command.args[0] ?? (smoke ? "mixed" : undefined);
  if (name === undefined) return { kind: "help", text: command.helpInformation() + help };
  if (!(commands as readonly string[]).includes(name)) throw refusal("the scenario", `one of ${commands.join(", ")} is required`, name);
  if (name === "prepare") {
    if (!command.args[1]) throw refusal("prepare", "a directory is required, as in npm run loadtest -- prepare demo-files");
    return { kind: "prepare", directory: resolve(command.args[1]) };
  }
  const common: Common = { target: readTarget(options), ...(options.json !== undefined && { json: resolve(options.json) }) };
  if (name === "watchers") {
    return { kind: "watchers", ...common, watchers: number(options, "watchers", 1, 20_000), queries: number(options, "queries", 1, 1_000) };
  }
  if (name === "siege")
    return { kind: "siege", ...common, duration: readTime(options.duration ?? "60s"), slack: number(options, "slack", 0.01, unlimited) };
  const scenario = name as Scenario;
  const mode = options.findLimit ? "find-limit" : options.soak ? "soak" : options.overload ? "overload" : "once";
  return {
    kind: "load",
    ...common,
    scenario,
    mode,
    duration: readTime(options.duration ?? (smoke ? "10s" : { once: "30s", "find-limit": "10s", soak: "10min", overload: "20s" }[mode])),
    rate: options.rate === undefined ? (smoke ? 20 : defaultRate(scenario)) : number(options, "rate", 0.01, 100_000),
    slack: smoke ? unlimited : number(options, "slack", 0.01, unlimited),
    html: resolve(options.html!),
  };
}

function readTarget({ url, cluster, ...options }: Readonly<Record<string, string | undefined>>): TargetChoice {
  if (url !== undefined) {
    if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
      throw refusal("--url", "an http address is required, such as http://127.0.0.1:8000", url);
    return { kind: "url", url: url.replace(/\/+$/, "") };
  }
  if (cluster === undefined) return { kind: "embedded" };
  return { kind: "cluster", nodes: number({ cluster }, "cluster", 1, 64), dispatchers: number(options, "dispatchers", 1, 16) };
}

function readTime(text: string): number {
  const milliseconds = parseDuration(text);
  if (milliseconds === undefined || milliseconds < shortestDuration) throw refusal("--duration", "a time of 1s or more is required", text);
  return milliseconds;
}

function number(options: Readonly<Record<string, string | undefined>>, name: string, least: number, most: number): number {
  const text = options[name] ?? "";
  const value = Number(text);
  const whole = Number.isInteger(least);
  if (text.trim() === "" || !(value >= least && value <= most) || (whole && !Number.isInteger(value)))
    throw refusal(`--${name}`, `a ${whole ? "whole " : ""}number from ${least} to ${most} is required`, text);
  return value;
}

const refusal = (what: string, required: string, value?: string) =>
  new LoadError(`Cannot use ${what}: ${required}${value === undefined ? "" : `, current value is "${value}"`}`, 2);
