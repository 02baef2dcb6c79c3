/**
 * Reads the server's configuration: from options, otherwise from `FEMTOQ_*` variables, otherwise the defaults. Everything is checked before anything begins.
 * Throws `ConfigError`, which names every bad value, where it came from, and what would be right.
 */
import { readFileSync } from "node:fs";
import { Command, CommanderError, Option } from "commander";
import type { z } from "zod";
import { roles } from "../../../functions/roles.ts";
import { description, examples, type OptionKey, type OptionRow, optionRows, type options } from "./options.ts";

export type Config = { readonly [Key in OptionKey]: z.output<(typeof options)[Key]["check"]> };

type Environment = Readonly<Record<string, string | undefined>>;

/** `message` is for people. `exitCode` is 2, or 0 if help or the version was requested and printed. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly exitCode: number;

  constructor(message: string, exitCode = 2) {
    super(message);
    this.exitCode = exitCode;
  }
}

/**
 * Variables in the file that `--secrets` or FEMTOQ_SECRETS names are used if the environment does not set them. @param args Without the names of the program
 * and of the interpreter.
 */
export function readConfig(args: readonly string[], variables: Environment): Config {
  const command = describeOptions();
  parse(command, args);
  const environment = { ...readSecrets(command.getOptionValue("secrets") ?? variables.FEMTOQ_SECRETS), ...variables };
  const config: Record<string, unknown> = {};
  const problems: string[] = [];
  for (const [key, row] of optionRows) {
    const { value, source } = findValue(command, [key, row], environment);
    const checked = row.check.safeParse(value);
    if (checked.success) config[key] = checked.data;
    for (const { message } of checked.error?.issues ?? []) {
      const from = source === flagOf(key) ? source : `${source} (the variable of ${flagOf(key)})`;
      problems.push(`Cannot use ${from}: ${message}${row.isHidden ? "" : `, current value is "${value}"`}`);
    }
  }
  problems.push(...unknownVariables(environment));
  if (problems.length === 0) problems.push(...findConflicts(config as Config));
  if (problems.length > 0) throw new ConfigError(problems.join("\n"));
  return config as Config;
}

/** `storeLimit` → `--store-limit` and `FEMTOQ_STORE_LIMIT`. */
const flagOf = (key: string) => `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
const variableOf = (key: string) => `FEMTOQ_${key.replace(/[A-Z]/g, "_$&").toUpperCase()}`;

/** Describes the options to commander; their values remain text. */
function describeOptions(): Command {
  const command = new Command("npm start --").description(description).addHelpText("after", examples);
  for (const [key, row] of optionRows) {
    const option = new Option(`${flagOf(key)} <${row.value}>`, row.help).env(variableOf(key));
    if (row.usual !== undefined) option.default(usualOf(row), row.usualHelp);
    if (isList(row)) option.argParser((text: string, before: readonly string[]) => [...before, text]);
    command.addOption(option);
  }
  return command;
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
  // npm takes options that stand before the `--`, so that only their values arrive here.
  const [word] = command.args;
  if (word === undefined) return;
  throw new ConfigError(`Cannot use "${word}": only options are taken, and npm wants -- before them, as in npm start -- --port 9000`);
}

const isList = ({ usual }: OptionRow) => Array.isArray(usual);
const usualOf = ({ usual }: OptionRow) => (typeof usual === "number" ? `${usual}` : usual);

/** Returns the option's value, otherwise that of its variable unless it is empty, otherwise the default; and the name of its source. */
function findValue(command: Command, [key, row]: (typeof optionRows)[number], environment: Environment) {
  if (command.getOptionValueSource(key) === "cli") return { value: command.getOptionValue(key), source: flagOf(key) };
  const source = variableOf(key);
  const text = environment[source];
  if (!text) return { value: usualOf(row), source: flagOf(key) };
  const parts = text.split(";").map((part) => part.trim());
  return { value: isList(row) ? parts.filter((part) => part !== "") : text, source };
}

function readSecrets(file: string | undefined): Environment {
  if (!file) return {};
  const refuse = (reason: string) => new ConfigError(`Cannot use the secrets in ${file}: ${reason}`);
  let lines: readonly string[];
  try {
    lines = readFileSync(file, "utf8").split(/\r?\n/);
  } catch (error) {
    throw refuse(error instanceof Error ? error.message : String(error));
  }
  const found: Record<string, string> = {};
  for (const [index, line] of lines.entries()) {
    if (/^\s*(#|$)/.test(line)) continue;
    const [, name, value] = /^(FEMTOQ_[A-Z_]+)=(.*)$/.exec(line) ?? [];
    if (name === undefined) throw refuse(`line ${index + 1} is not of the form FEMTOQ_NAME=VALUE`);
    found[name] = value!;
  }
  return found;
}

/** Variables besides the options that this program or its tools read. */
const otherVariables = ["FEMTOQ_SERVER", "FEMTOQ_REQUIRE_SERVERS", "FEMTOQ_TEST_DATA"];

function unknownVariables(environment: Environment): string[] {
  const known = new Set([...optionRows.map(([key]) => variableOf(key)), ...otherVariables]);
  return Object.keys(environment)
    .filter((name) => name.startsWith("FEMTOQ_") && !known.has(name))
    .map((name) => `Cannot use ${name}: there is no such variable; npm start -- --help lists them`);
}

/** Returns contradictions between options, one line each. */
function findConflicts(config: Config): readonly string[] {
  const { role, zookeeper, zookeeperAuth, mongodb, computeUrl, grace, drain } = config;
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
  if (drain >= grace) problems.push("Cannot use --drain: after --grace the process is gone; give a shorter time, or a longer --grace");
  if (opens.includes("tasks")) problems.push(...findMesosConflicts(config));
  return problems;
}

function findMesosConflicts({ mesos, mongodb, zookeeper, zookeeperAuth, nodeSecrets }: Config): readonly string[] {
  const problems: string[] = [];
  if (mesos === undefined) problems.push("Cannot use --role mesos: it needs to know where Mesos is; give --mesos too");
  const hasPassword = zookeeperAuth !== undefined || /:\/\/[^/@]*:[^/@]*@/.test(`${mongodb} ${zookeeper}`);
  if (hasPassword && nodeSecrets === undefined) {
    const what = "a password that nodes need would show in Mesos' pages";
    problems.push(`Cannot use --role mesos: ${what}; put it into a file on the agents and name that with --node-secrets`);
  }
  return problems;
}
