/**
 * What the server was told at its start: options, else `FEMTOQ_*` variables, else defaults, all checked before anything begins.
 * Throws `ConfigError`, which names every bad value, where it came from, and what would be right.
 */
import { resolve } from "node:path";
import { type Command, CommanderError, type Option } from "commander";
import { z } from "zod";
import { parseConnectionString } from "../../../coordination/zookeeper/protocol/connection-string.ts";
import { type DataOption, parseDataOption } from "../../../datasets/catalogue/data-option.ts";
import { type Role, roleNames, roles } from "../../../functions/roles.ts";
import type { LimitConfig } from "./limit-options.ts";
import { describeOptions, logLevels, machineMemory, smallestMemory } from "./options.ts";
import { formatSize, parseDuration, parseSize } from "./units.ts";

export interface Config extends LimitConfig {
  /** Empty: the demo dataset is made. */
  readonly data: readonly DataOption[];
  readonly port: number;
  readonly host: string;
  readonly threads: number;
  /** Bytes of columns and work areas. */
  readonly memory: number;
  /** Absolute path. */
  readonly state: string;
  /** Bytes of stored partials and results. */
  readonly storeLimit: number;
  /** Milliseconds that what is stored is kept after its last use; for ever where undefined. */
  readonly keep: number | undefined;
  /** Connection string of the store; the embedded one where undefined. */
  readonly mongodb: string | undefined;
  readonly logLevel: (typeof logLevels)[number];
  /** Absolute path. */
  readonly logFile: string | undefined;
  /** Where traces go; nowhere where undefined. */
  readonly otlp: string | undefined;
  /** One that keeps no state of its own only with `zookeeper` and `mongodb`. */
  readonly role: Role;
  /** Connection string of the coordinator; the embedded one where undefined. */
  readonly zookeeper: string | undefined;
  /** `NAME:PASSWORD`. */
  readonly zookeeperAuth: string | undefined;
  /** Where the compute function is; in this process where undefined. */
  readonly computeUrl: string | undefined;
  /** Milliseconds after which a silent process has lost its claims. */
  readonly sessionTimeout: number;
  /** Milliseconds for which a node leaves a subtask to those that hold its columns. */
  readonly localityDelay: number;
}

/** `message` is for people; `exitCode` is 2, or 0 where help or the version was asked for and printed. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly exitCode: number;

  constructor(message: string, exitCode = 2) {
    super(message);
    this.exitCode = exitCode;
  }
}

const smallestStore = 16 * 2 ** 20;
const shortestKeep = 600_000;
const mostThreads = 1024;

const wholeNumber = (least: number, most: number) =>
  z
    .string()
    .regex(/^\d{1,9}$/, `a whole number from ${least} to ${most} is required`)
    .transform(Number)
    .refine((value) => value >= least && value <= most, `a whole number from ${least} to ${most} is required`);

const size = (least: number, most = Number.MAX_SAFE_INTEGER) =>
  z
    .string()
    .transform((text) => parseSize(text) ?? Number.NaN)
    .refine((bytes) => !Number.isNaN(bytes), "a size is required, such as 2GiB, 500MB or a number of bytes")
    .refine((bytes) => !(bytes < least), `at least ${formatSize(least)} is required`)
    .refine((bytes) => !(bytes > most), `this machine has ${formatSize(most)}`);

const time = (least: number, most: number) =>
  z
    .string()
    .transform((text) => parseDuration(text) ?? Number.NaN)
    .refine(
      (milliseconds) => milliseconds >= least && milliseconds <= most,
      `a time from ${formatTime(least)} to ${formatTime(most)} is required`,
    );

const formatTime = (milliseconds: number) => (milliseconds >= 1000 ? `${milliseconds / 1000}s` : `${milliseconds}ms`);

const checks = {
  data: z.array(z.string().transform(toDataOption)).superRefine(refuseRepeatedNames),
  port: wholeNumber(0, 65_535),
  host: z.string().regex(/^[A-Za-z0-9.:-]+$/, "a host name or address is required, such as 127.0.0.1 or ::1"),
  threads: wholeNumber(1, mostThreads),
  memory: size(smallestMemory, machineMemory()),
  state: z
    .string()
    .min(1, "a directory is required")
    .transform((path) => resolve(path)),
  storeLimit: size(smallestStore),
  keep: z
    .string()
    .transform((text) => (text === "forever" ? undefined : (parseDuration(text) ?? Number.NaN)))
    .refine((time) => !Number.isNaN(time), "a time is required, such as 14d, 12h or 90min, or forever")
    .refine((time) => !(time !== undefined && time < shortestKeep), "at least 10min is required"),
  mongodb: z
    .string()
    .regex(/^mongodb(\+srv)?:\/\/./, "a connection string is required, such as mongodb://127.0.0.1:27017/femtoq")
    .optional(),
  logLevel: z.enum(logLevels, `one of ${logLevels.join(", ")} is required`),
  logFile: z
    .string()
    .min(1, "a path is required")
    .transform((path) => resolve(path))
    .optional(),
  otlp: z.string().refine(isHttpUrl, "a URL is required, such as http://127.0.0.1:4318").optional(),
  mostRequests: wholeNumber(1, 1_000_000),
  mostQueries: wholeNumber(1, 1_000_000),
  mostQueriesEach: wholeNumber(1, 1_000_000),
  mostStreams: wholeNumber(1, 1_000_000),
  mostStreamsEach: wholeNumber(1, 1_000_000),
  longestWait: wholeNumber(1, 1_000_000),
  mostQueued: wholeNumber(1, 100_000_000),
  role: z.enum(roleNames, `one of ${roleNames.join(", ")} is required`),
  zookeeper: z.string().superRefine(refuseBadHosts).optional(),
  zookeeperAuth: z
    .string()
    .regex(/^[^:]+:./, "a name and a password are required, as NAME:PASSWORD")
    .optional(),
  computeUrl: z.string().refine(isHttpUrl, "a URL is required, such as http://functions.example:9000").optional(),
  sessionTimeout: time(1_000, 300_000),
  localityDelay: time(0, 60_000),
};

type Key = keyof typeof checks;

/** @param args Without the names of the program and of the interpreter. */
export function readConfig(args: readonly string[], environment: Readonly<Record<string, string | undefined>>): Config {
  const command = describeOptions();
  parse(command, args);
  const given = new Map<Key, unknown>();
  const problems: string[] = [];
  for (const option of command.options) {
    const key = option.attributeName() as Key;
    if (!(key in checks)) continue;
    const { value, source } = findValue(command, option, environment);
    const checked = checks[key].safeParse(value);
    if (checked.success) given.set(key, checked.data);
    else
      problems.push(
        ...checked.error.issues.map(({ message, path }) => describeProblem(option, { message, source, value: part(value, path) })),
      );
  }
  problems.push(...unknownVariables(command, environment));
  const config = Object.fromEntries(given) as unknown as Config;
  if (problems.length === 0) problems.push(...findConflicts(config));
  if (problems.length > 0) throw new ConfigError(problems.join("\n"));
  return config;
}

function parse(command: Command, args: readonly string[]): void {
  let complaint = "";
  command
    .exitOverride()
    .allowExcessArguments(true)
    .configureOutput({ writeErr: (text) => (complaint += text) });
  try {
    command.parse([...args], { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    throw new ConfigError(complaint.trim() || error.message, error.exitCode === 0 ? 0 : 2);
  }
  // npm keeps an option before the -- to itself, and only its value arrives.
  const [word] = command.args;
  if (word === undefined) return;
  throw new ConfigError(`Cannot use "${word}": only options are taken, and npm wants -- before them, as in npm start -- --port 9000`);
}

interface Given {
  readonly value: unknown;
  /** `--port` or `FEMTOQ_PORT`. */
  readonly source: string;
}

/** An option, else its variable unless that is empty, else the default. */
function findValue(command: Command, option: Option, environment: Readonly<Record<string, string | undefined>>): Given {
  const key = option.attributeName();
  const source = option.long ?? option.flags;
  if (command.getOptionValueSource(key) === "cli") return { value: command.getOptionValue(key), source };
  const text = option.envVar === undefined ? undefined : environment[option.envVar];
  if (option.envVar === undefined || !text) return { value: option.defaultValue, source };
  const list = () => text.split(";").map((each) => each.trim());
  return { value: key === "data" ? list().filter((each) => each !== "") : text, source: option.envVar };
}

function part(value: unknown, path: readonly PropertyKey[]): unknown {
  const [index] = path;
  return Array.isArray(value) && typeof index === "number" ? value[index] : value;
}

function describeProblem(option: Option, problem: Given & { readonly message: string }): string {
  const from = problem.source === option.long ? problem.source : `${problem.source} (the variable of ${option.long})`;
  const shown = unshown.has(option.long ?? "") ? "" : `, current value is "${problem.value}"`;
  return `Cannot use ${from}: ${problem.message}${shown}`;
}

/** Their messages have the value, or it may hold a password. */
const unshown = new Set(["--data", "--zookeeper", "--mongodb", "--zookeeper-auth", "--compute-url"]);

function isHttpUrl(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
}

function refuseBadHosts(text: string, context: z.RefinementCtx): void {
  try {
    parseConnectionString(text);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    context.addIssue({ code: "custom", message: error.message });
  }
}

function toDataOption(text: string, context: z.RefinementCtx): DataOption {
  try {
    return parseDataOption(text);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    context.addIssue({ code: "custom", message: error.message.replace("Cannot use the dataset: ", "") });
    return z.NEVER;
  }
}

function refuseRepeatedNames(options: readonly DataOption[], context: z.RefinementCtx): void {
  options.forEach(({ name }, index) => {
    if (options.findIndex((other) => other.name === name) < index) {
      context.addIssue({ code: "custom", path: [index], message: `dataset ${name} is given twice; give each a name of its own` });
    }
  });
}

/** Variables that this program or its tools read besides the options. */
const otherVariables = new Set(["FEMTOQ_SERVER", "FEMTOQ_REQUIRE_SERVERS", "FEMTOQ_TEST_DATA"]);

function unknownVariables(command: Command, environment: Readonly<Record<string, string | undefined>>): string[] {
  const known = new Set(command.options.map(({ envVar }) => envVar));
  return Object.keys(environment)
    .filter((name) => name.startsWith("FEMTOQ_") && !known.has(name) && !otherVariables.has(name))
    .map((name) => `Cannot use ${name}: there is no such variable; npm start -- --help lists them`);
}

/** What options that are right by themselves cannot mean together; one line each. */
function findConflicts({ role, zookeeper, zookeeperAuth, mongodb, computeUrl }: Config): readonly string[] {
  const problems: string[] = [];
  const { opens } = roles[role];
  const missing = [zookeeper === undefined && "--zookeeper", mongodb === undefined && "--mongodb"].filter(Boolean);
  if (!opens.includes("state") && missing.length > 0) {
    const why = "processes of one role work together through a queue in ZooKeeper and a store in MongoDB";
    problems.push(`Cannot use --role ${role}: ${why}; give ${missing.join(" and ")} too, or leave --role out`);
  } else if (zookeeper !== undefined && mongodb === undefined) {
    problems.push("Cannot use --zookeeper alone: processes that share a queue must share the store of results; give --mongodb too");
  }
  if (zookeeperAuth !== undefined && zookeeper === undefined) {
    problems.push("Cannot use --zookeeper-auth alone: it is for the ZooKeeper that --zookeeper names; give that too");
  }
  if (computeUrl !== undefined && !opens.includes("node")) {
    problems.push(`Cannot use --compute-url with --role ${role}: it has nothing computed; give it to the compute nodes`);
  }
  return problems;
}
