/** Reads what the agent tells an executor in environment variables. Throws an `Error` that names the variable if one is missing or malformed. */
import type { ExecutorConnectionOptions } from "../protocol/executor-connection.ts";

export interface ExecutorEnvironment extends Pick<ExecutorConnectionOptions, "frameworkId" | "executorId" | "agent" | "token"> {
  /** The absolute path of the folder with the task's files. */
  readonly sandbox: string;
  /** The milliseconds between the request to shut down and the kill. */
  readonly shutdownGrace: number;
  /** Present if the framework's tasks are checkpointed, so that they outlive a restart of the agent. */
  readonly checkpoint?: {
    /** The milliseconds to wait for an agent to come back. */
    readonly recoveryTimeout: number;
    /** The milliseconds within which an agent that came back must hear from the executor. */
    readonly longestBackoff: number;
  };
}

type Variables = Readonly<Record<string, string | undefined>>;

/** Variables that children must not have, since the token allows anybody to speak for the executor. */
export const secretVariables: readonly string[] = ["MESOS_EXECUTOR_AUTHENTICATION_TOKEN"];

export function readEnvironment(variables: Variables): ExecutorEnvironment {
  const [, name, ip, pidPort] =
    /^([^@/]+)@(.+):(\d{1,5})$/.exec(required("MESOS_SLAVE_PID")) ?? fail("MESOS_SLAVE_PID", "slave(1)@10.0.0.1:5051");
  const endpoint = /^(.+):(\d{1,5})$/.exec(variables.MESOS_AGENT_ENDPOINT || `${ip}:${pidPort}`);
  const [, host, port] = endpoint ?? fail("MESOS_AGENT_ENDPOINT", "10.0.0.1:5051");
  const socket = variables.MESOS_DOMAIN_SOCKET;
  const token = variables.MESOS_EXECUTOR_AUTHENTICATION_TOKEN;
  return {
    frameworkId: required("MESOS_FRAMEWORK_ID"),
    executorId: required("MESOS_EXECUTOR_ID"),
    agent: { host: host!, port: Number(port), path: `/${name}/api/v1/executor`, ...(socket && { socket }) },
    ...(token && { token }),
    sandbox: variables.MESOS_SANDBOX || required("MESOS_DIRECTORY"),
    shutdownGrace: duration("MESOS_EXECUTOR_SHUTDOWN_GRACE_PERIOD", "5secs"),
    ...(variables.MESOS_CHECKPOINT === "1" && {
      checkpoint: {
        recoveryTimeout: duration("MESOS_RECOVERY_TIMEOUT", "15mins"),
        longestBackoff: duration("MESOS_SUBSCRIPTION_BACKOFF_MAX", "2secs"),
      },
    }),
  };

  function required(name: string): string {
    const value = variables[name];
    if (value) return value;
    throw new Error(`Cannot start as an executor: ${name} is required, which a Mesos agent sets; this program is started by one`);
  }

  function duration(name: string, usual: string): number {
    return parseMesosDuration(variables[name] || usual) ?? fail(name, usual);
  }

  function fail(name: string, example: string): never {
    throw new Error(`Cannot start as an executor: ${name} is required to be such as ${example}, current value is "${variables[name]}"`);
  }
}

const units = { ns: 1e-6, us: 1e-3, ms: 1, secs: 1e3, mins: 6e4, hrs: 3.6e6, days: 8.64e7, weeks: 6.048e8 };

/** The milliseconds of a duration as Mesos prints it, such as `1.5secs`; undefined if it is malformed. */
export function parseMesosDuration(text: string): number | undefined {
  const [, number, unit] = /^(\d+(?:\.\d+)?)(ns|us|ms|secs|mins|hrs|days|weeks)$/.exec(text) ?? [];
  return number === undefined ? undefined : Number(number) * units[unit as keyof typeof units];
}
