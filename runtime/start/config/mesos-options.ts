/** The options of a process with the role mesos: rows of `options.ts`. */
import { z } from "zod";
import { path, time, wholeNumber } from "./checks.ts";

const text = z.string().min(1, "a text is required");

/** The least and the most number of nodes; between them, there are as many as are needed. */
const range = z
  .string()
  .regex(/^\d{1,5}\.\.\d{1,5}$/, "two numbers are required, such as 0..20")
  .transform((given) => given.split("..").map(Number) as [number, number])
  .refine(([least, most]) => least <= most && most > 0, "the first must not be above the second, and the second not 0")
  .transform(([least, most]) => ({ least, most }));

const attribute = z
  .string()
  .regex(/^[^=]+=.+$/, "an attribute of agents and its value are required, such as rack=a3")
  .transform((given) => ({ attribute: given.slice(0, given.indexOf("=")), is: given.slice(given.indexOf("=") + 1) }));

export const mesosOptions = {
  mesos: {
    value: "MASTERS",
    help: "with the role mesos: zk://HOST:2181/mesos, masters as HOST:5050,HOST:5050, or a URL",
    check: text.optional(),
    isHidden: true,
  },
  /** Absolute path. */
  mesosCredentials: {
    value: "PATH",
    help: "a file with principal and secret, as Mesos' own --credential takes it",
    check: path("a path").optional(),
  },
  /** Absolute path. */
  mesosCa: {
    value: "PATH",
    help: "certificates (PEM) that masters at https addresses are known by",
    check: path("a path").optional(),
  },
  mesosRole: { value: "ROLE", help: "the role whose offers are taken", usual: "*", check: text },
  mesosUser: { value: "USER", help: "whose rights nodes have on agents", usualHelp: "the agent's", usual: "", check: z.string() },
  mesosName: { value: "NAME", help: "of the framework; one process of each name leads, others wait", usual: "femtoq", check: text },
  nodes: { value: "MIN..MAX", help: "how many compute nodes there are, at rest and at most", usual: "0..10", check: range },
  nodeCpus: { value: "N", help: "cpus of a node, and its threads", usual: 2, check: wholeNumber(1, 1024) },
  /** In MB. */
  nodeMem: {
    value: "MB",
    help: "memory of a node; what the process needs itself comes off it",
    usual: 4096,
    check: wholeNumber(512, 10_000_000),
  },
  /** Milliseconds. */
  nodeIdle: {
    value: "TIME",
    help: "nodes beyond MIN go when nobody has asked for anything for so long",
    usual: "5min",
    check: time(1_000, 7 * 86_400_000),
  },
  /** Milliseconds. */
  nodeGrace: {
    value: "TIME",
    help: "a node that is to go has so long to finish and save what it computes",
    usual: "30s",
    check: time(1_000, 3_600_000),
  },
  nodeCommand: {
    value: "COMMAND",
    help: "starts Femtoq's executor on an agent, in the task's sandbox: docs/mesos.md",
    usualHelp: "this installation, at the same path",
    check: text.optional(),
  },
  nodeUri: {
    value: "URI",
    help: "fetched into the sandbox and unpacked before, such as a tarball of Femtoq; repeat it for more",
    usual: [],
    usualHelp: "none",
    check: z.array(text).readonly(),
  },
  /** A path on the agents. */
  nodeSecrets: {
    value: "PATH",
    help: "the --secrets file of the nodes, on agents: what they are told otherwise shows in Mesos' pages",
    check: text.optional(),
  },
  nodeAttribute: {
    value: "NAME=VALUE",
    help: "only agents with that attribute get nodes, such as those that have the data; repeat it for more",
    usual: [],
    usualHelp: "any",
    check: z.array(attribute).readonly(),
  },
  nodeVersion: {
    value: "LABEL",
    help: "when it changes, nodes are replaced one by one; as they are when anything else that they are told does",
    usual: "1",
    check: text,
  },
} as const;
