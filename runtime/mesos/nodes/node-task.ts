/** A compute node as a task: what Mesos is asked for, and what the node is told. */
import { createHash } from "node:crypto";
import { fileURLToPath } from "node:url";
import type { Config } from "../../start/config/config.ts";
import { encodeNodeProgram } from "../executor/task-program.ts";
import type { Constraint, WantedTask } from "../scheduler/wanted-task.ts";

/** All nodes are of this group. */
export const nodeGroup = "nodes";

/** What nodes are alike in. */
export interface NodeKind {
  /** Changes with everything else here. */
  readonly version: string;
  readonly task: Omit<WantedTask, "id" | "preferredAgents">;
}

/** MB of a process that computes nothing: the executor and the node, and for each thread. */
const overhead = { process: 288, thread: 32 };
const smallestMemory = 64;
/** Milliseconds: after its drain a node has so long to leave, then its process is cut; Mesos' kill comes later still. */
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
    // Another one is wanted instead: that is decided here, not by whoever runs the tasks.
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
  /** Hostnames of agents. */
  readonly avoided: readonly string[];
  /** Ids of agents, the best first. */
  readonly preferred: readonly string[];
}

export const constraintsOf = ({ constraints = [] }: NodeKind["task"], avoided: Choice["avoided"]): readonly Constraint[] => [
  ...constraints,
  ...avoided.map((hostname) => ({ attribute: "hostname", isNot: hostname })),
];

/** MB that a node of so much memory has for columns and work areas. */
export const columnMemory = ({ nodeCpus, nodeMem }: Pick<Config, "nodeCpus" | "nodeMem">): number =>
  Math.max(smallestMemory, nodeMem - overhead.process - overhead.thread * nodeCpus);

/** Passwords are in the file that `--node-secrets` names: what is here shows in Mesos' pages. */
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

/** This installation's executor, at the same path on agents. */
function ownCommand(): string {
  const executor = fileURLToPath(new URL("../executor.ts", import.meta.url));
  return `exec ${[process.execPath, "--import", import.meta.resolve("tsx"), executor].map(quote).join(" ")}`;
}

const quote = (text: string): string => (/^[\w./:@=-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);
