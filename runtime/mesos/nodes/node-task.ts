/** Describes a compute node as a task of Mesos: its resources, and the options of the node. */
import { createHash } from "node:crypto";
import { fileURLToPath } from "node:url";
import type { Config } from "../../start/config/config.ts";
import { encodeNodeProgram } from "../executor/task-program.ts";
import type { Constraint, WantedTask } from "../scheduler/wanted-task.ts";

/** The group of all node tasks. */
export const nodeGroup = "nodes";

/** What all nodes have in common. */
export interface NodeKind {
  /** A hash that changes with anything in `task`. */
  readonly version: string;
  readonly task: Omit<WantedTask, "id" | "preferredAgents">;
}

/** The MB that the executor and an idle node need, and that each thread needs. */
const overhead = { process: 288, thread: 32 };
const smallestMemory = 64;
/** The milliseconds that a drained node has to leave before its process is ended; Mesos' kill comes later still. */
const leave = 5_000;

export function describeNodeKind(config: Config): NodeKind {
  const { nodeCpus: cpus, nodeMem: mem, nodeGrace, nodeUri, nodeAttribute, nodeVersion } = config;
  const killGrace = nodeGrace + 2 * leave;
  const task = {
    group: nodeGroup,
    name: "femtoq node",
    resources: { cpus, mem },
    run: {
      kind: "executor",
      name: "femtoq",
      command: { value: config.nodeCommand ?? ownCommand(), ...(nodeUri.length > 0 && { uris: nodeUri.map((value) => ({ value })) }) },
      shutdownGrace: killGrace,
    },
    payload: Buffer.from(encodeNodeProgram(nodeOptions(config))).toString("base64"),
    constraints: nodeAttribute,
    attempts: 1,
    killGrace,
    // Whether another node replaces it is decided in `plan-nodes.ts`, not by the scheduler.
    whenUnreachable: "wait",
  } as const satisfies NodeKind["task"];
  const version = createHash("sha256")
    .update(JSON.stringify([nodeVersion, task]))
    .digest("hex")
    .slice(0, 12);
  return { version, task: { ...task, labels: { "femtoq-version": version } } };
}

export const versionOf = ({ labels }: WantedTask): string | undefined => labels?.["femtoq-version"];

export function nodeTask({ task, version }: NodeKind, each: Choice & { readonly name: string }): WantedTask {
  const { name, avoided, preferred } = each;
  return { ...task, id: `node-${version}-${name}`, constraints: constraintsOf(task, avoided), preferredAgents: preferred };
}

export interface Choice {
  /** The host names of agents to avoid. */
  readonly avoided: readonly string[];
  /** The ids of preferred agents, the best first. */
  readonly preferred: readonly string[];
}

export const constraintsOf = ({ constraints = [] }: NodeKind["task"], avoided: Choice["avoided"]): readonly Constraint[] => [
  ...constraints,
  ...avoided.map((hostname) => ({ attribute: "hostname", isNot: hostname })),
];

/** The MB that a node has for columns and work areas. */
const columnMemory = ({ nodeCpus, nodeMem }: Pick<Config, "nodeCpus" | "nodeMem">): number =>
  Math.max(smallestMemory, nodeMem - overhead.process - overhead.thread * nodeCpus);

/** The options of a node. They appear in Mesos' pages, so passwords are in the file that `--node-secrets` names. */
function nodeOptions(config: Config): readonly string[] {
  const { nodeSecrets, zookeeper, mongodb, tokenFile, nodeCpus, nodeGrace } = config;
  const times = { "session-timeout": config.sessionTimeout, "locality-delay": config.localityDelay, interest: config.interest };
  return [
    ...["--role", "compute", "--port", "0", "--threads", `${nodeCpus}`, "--memory", `${columnMemory(config)}MiB`],
    ...(nodeSecrets === undefined ? [] : ["--secrets", nodeSecrets]),
    ...(zookeeper === undefined || hasPassword(zookeeper) ? [] : ["--zookeeper", zookeeper]),
    ...(mongodb === undefined || hasPassword(mongodb) ? [] : ["--mongodb", mongodb]),
    ...(tokenFile === undefined ? [] : ["--token-file", tokenFile]),
    ...["--drain", `${nodeGrace}ms`, "--grace", `${nodeGrace + leave}ms`],
    ...Object.entries(times).flatMap(([name, time]) => [`--${name}`, `${time}ms`]),
    ...["--most-compute", `${config.mostCompute}ms`, "--log-level", config.logLevel],
  ];
}

const hasPassword = (address: string): boolean => /:\/\/[^/@]*:[^/@]*@/.test(address);

/** The command for this installation's executor, which must be at the same path on agents. */
function ownCommand(): string {
  const executor = fileURLToPath(new URL("../executor.ts", import.meta.url));
  return `exec ${[process.execPath, "--import", import.meta.resolve("tsx"), executor].map(quote).join(" ")}`;
}

const quote = (text: string): string => (/^[\w./:@=-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);
