/**
 * Starts masters and agents of a real Apache Mesos 1.11.0 on this machine, which tests may kill, freeze and start again. Not available are HTTPS, tokens of
 * executors, fetching of URIs, the default executor, domain sockets, limits of memory, and standby masters. A command task is run by `launcher/mesos-executor`,
 * which stands in for Mesos' own. Over 300 lines, a third of which say what a test may do with them.
 */
import { spawnSync } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { setTimeout as delay } from "node:timers/promises";
import { atExit } from "../at-exit.ts";
import { makeServerDirectory } from "../server-directory.ts";
import { findFreePort, type ServerProcess, startProcess } from "../server-process.ts";
import { findMesos, scripts } from "./find-mesos.ts";

/** The common part of masters and agents. */
interface MesosProcess {
  readonly port: number;
  /** `HOST:PORT` */
  readonly address: string;
  readonly url: string;
  /** The folder of its state, which a restart takes up again. */
  readonly directory: string;
  /** Ends it as a power cut would. Tasks go on. */
  kill(): Promise<void>;
  pause(): void;
  resume(): void;
  /** Restarts it with the same port and folder; kills it before if it still runs. Resolves when it serves again. */
  restart(): Promise<void>;
  /** Ends it, and everything that an agent started. */
  stop(): Promise<void>;
}

export interface MesosMaster extends MesosProcess {
  /** Which one it is, for people. */
  readonly name: string;
  /** Makes a call of the operator's API, such as `{ type: "GET_AGENTS" }`; returns its answer, and rejects if it is refused. */
  operate(call: { readonly type: string; readonly [payload: string]: unknown }): Promise<Record<string, unknown>>;
  /** Returns what the master tells of all its frameworks, agents and tasks. */
  state(): Promise<MasterState>;
}

export interface MasterState {
  readonly slaves: readonly { readonly id: string; readonly pid: string; readonly active: boolean }[];
  readonly frameworks: readonly FrameworkState[];
  readonly completed_frameworks: readonly FrameworkState[];
  readonly [more: string]: unknown;
}

export interface FrameworkState {
  readonly id: string;
  readonly name: string;
  readonly active: boolean;
  readonly tasks: readonly TaskState[];
  readonly completed_tasks: readonly TaskState[];
  readonly [more: string]: unknown;
}

export interface TaskState {
  readonly id: string;
  readonly state: string;
  readonly slave_id: string;
  /** Its states with their times, in seconds since the epoch. */
  readonly statuses: readonly { readonly state: string; readonly timestamp: number }[];
  readonly [more: string]: unknown;
}

export interface MesosAgent extends MesosProcess {
  /** The id that its master gave it. */
  readonly id: string;
  /** Makes it look for its master and register again, as after the master came back. */
  register(): Promise<void>;
}

interface Start {
  /** Its directory; by default a new one that is removed when this process ends. */
  readonly directory?: string;
  readonly port?: number;
  /** More of Mesos' options, by their variables, such as `MESOS_EXECUTOR_REGISTRATION_TIMEOUT`. */
  readonly environment?: Readonly<Record<string, string>>;
}

export interface MasterStart extends Start {
  /**
   * `zk://HOST:PORT/PATH`, where it is a candidate for leader, as Mesos masters are. Nevertheless it has its own cluster, and is no standby of another master.
   */
  readonly election?: string;
  /** Frameworks must authenticate with one of these. */
  readonly credentials?: readonly { readonly principal: string; readonly secret: string }[];
  /** The only roles that there may be; any by default. */
  readonly roles?: readonly string[];
  /** An agent is unreachable if it does not answer this many pings, one after another at this distance in seconds. */
  readonly pings?: { readonly seconds: number; readonly times: number };
}

export interface AgentStart extends Start {
  readonly master: Pick<MesosMaster, "address" | "url">;
  /** In Mesos' notation. */
  readonly resources?: string;
  readonly attributes?: Readonly<Record<string, string>>;
}

/** The agents of each master, which have to hear that it came back. */
const agentsOf = new Map<string, Set<MesosAgent>>();

export async function startMaster(options: MasterStart = {}): Promise<MesosMaster | { readonly missing: string }> {
  const mesos = await findMesos();
  if ("missing" in mesos) return mesos;
  const { credentials, roles, election, pings = { seconds: 15, times: 5 } } = options;
  const directory = options.directory ?? (await makeServerDirectory());
  await mkdir(directory, { recursive: true });
  const environment: Record<string, string> = {
    MESOS_REGISTRY: "replicated_log",
    MESOS_AGENT_PING_TIMEOUT: `${pings.seconds}secs`,
    MESOS_MAX_AGENT_PING_TIMEOUTS: `${pings.times}`,
  };
  if (election) environment.MESOS_NODE_ELECTION = election;
  if (roles) environment.MESOS_ROLES = roles.join(",");
  if (credentials) {
    const file = join(directory, "credentials.json");
    await writeFile(file, JSON.stringify({ credentials }), { mode: 0o600 });
    environment.MESOS_AUTHENTICATE_HTTP_FRAMEWORKS = "true";
    environment.MESOS_HTTP_FRAMEWORK_AUTHENTICATORS = "basic";
    environment.MESOS_CREDENTIALS = `file://${file}`;
  }
  const running = await startMesos(mesos.directory, ["master"], {
    ...options,
    directory,
    environment: { ...environment, ...options.environment },
  });
  const { url, address } = running;
  // It first refuses, then knows nothing (404), then reads its registry (503); then it wants another method (405).
  const [known] = credentials ?? [];
  const headers: Record<string, string> = known ? { authorization: `Basic ${btoa(`${known.principal}:${known.secret}`)}` } : {};
  const serves = () =>
    until(`the master at ${address} serves`, async () => (await fetch(`${url}/api/v1/scheduler`, { headers })).status === 405);
  await serves();
  const agents = new Set<MesosAgent>();
  agentsOf.set(address, agents);
  return {
    ...running,
    name: "Mesos 1.11.0",
    async operate(call) {
      const response = await fetch(`${url}/api/v1`, {
        method: "POST",
        headers: { "content-type": "application/json", accept: "application/json" },
        body: JSON.stringify(call),
      });
      const text = await response.text();
      if (!response.ok) throw new Error(`The master refuses ${call.type} with ${response.status}: ${text}`);
      return text ? JSON.parse(text) : {};
    },
    state: () => readState(url),
    async restart() {
      await running.restart();
      await serves();
      await Promise.all([...agents].map((agent) => agent.register()));
    },
  };
}

/** Resolves when the master may make offers of it. */
export async function startAgent(options: AgentStart): Promise<MesosAgent> {
  const mesos = await findMesos();
  if ("missing" in mesos) throw new Error(mesos.missing);
  const { master, attributes, resources = "cpus:2;mem:1024;disk:1024;ports:[31000-31100]" } = options;
  const directory = options.directory ?? (await makeServerDirectory());
  const environment: Record<string, string> = {
    MESOS_REGISTRY: "in_memory",
    MESOS_RESOURCES: resources,
    MESOS_LAUNCHER: "posix",
    MESOS_ISOLATION: "posix/cpu,posix/mem",
    MESOS_CONTAINERIZERS: "mesos",
    MESOS_LAUNCHER_DIR: join(scripts, "launcher"),
    MESOS_SYSTEMD_ENABLE_SUPPORT: "false",
    MESOS_SWITCH_USER: "false",
    MESOS_REGISTRATION_BACKOFF_FACTOR: "100ms",
  };
  if (attributes)
    environment.MESOS_ATTRIBUTES = Object.entries(attributes)
      .map((pair) => pair.join(":"))
      .join(";");
  const parameters = ["agent", master.address];
  const running = await startMesos(mesos.directory, parameters, {
    ...options,
    directory,
    environment: { ...environment, ...options.environment },
  });
  const forget = atExit(() => endTasks(directory));
  let frozen = false;
  let wasFrozen = false;
  let dead = false;
  let id = "";
  let asked = Date.now();
  const isRegistered = () => {
    let patience = 5_000;
    return until(`the agent at ${running.address} is registered`, async () => {
      // An agent that finds no master does not search again by itself. If it is told to too often, it begins again each time.
      if (Date.now() > asked + patience) {
        running.signal("SIGUSR2");
        asked = Date.now();
        patience *= 2;
      }
      const { slaves } = await readState(master.url);
      const found = slaves.find(({ pid, active }) => active && pid === `slave(1)@${running.address}`);
      if (found) id = found.id;
      return found !== undefined;
    });
  };
  await isRegistered();
  const agent: MesosAgent = {
    ...running,
    get id() {
      return id;
    },
    pause() {
      frozen = true;
      running.pause();
    },
    resume() {
      frozen = false;
      wasFrozen = true;
      running.resume();
    },
    async kill() {
      dead = true;
      await running.kill();
    },
    async restart() {
      await running.restart();
      frozen = false;
      dead = false;
      asked = Date.now();
      await isRegistered();
    },
    async register() {
      if (frozen || dead) return;
      // A frozen one searches by itself when it continues; this signal would end it meanwhile.
      if (!wasFrozen) running.signal("SIGUSR2");
      wasFrozen = false;
      asked = Date.now();
      await isRegistered();
    },
    async stop() {
      agentsOf.get(master.address)?.delete(agent);
      dead = true;
      await running.stop();
      endTasks(directory);
      forget();
    },
  };
  agentsOf.get(master.address)?.add(agent);
  return agent;
}

/** It must not wait, as it runs when this process ends. */
function endTasks(directory: string): void {
  spawnSync("python3", [join(scripts, "mesos-node.py"), "end-tasks", directory]);
}

const longestWait = 180_000;

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  const late = Date.now() + longestWait;
  while (!(await holds().catch(() => false))) {
    if (Date.now() > late) throw new Error(`Not within ${longestWait / 1000} s: ${what}`);
    await delay(20);
  }
}

async function readState(url: string): Promise<MasterState> {
  const response = await fetch(`${url}/state`);
  if (!response.ok) throw new Error(`The master at ${url} does not tell its state: ${response.status} ${await response.text()}`);
  return response.json() as Promise<MasterState>;
}

type Running = MesosProcess & { signal(name: "SIGUSR2"): void };

async function startMesos(
  mesos: string,
  parameters: readonly string[],
  { directory, port, environment }: Start & { readonly directory: string },
): Promise<Running> {
  const start = (at: number) =>
    startProcess({
      what: `Mesos ${parameters[0]}`,
      command: "python3",
      parameters: [join(scripts, "mesos-node.py"), ...parameters],
      readyPort: (line) => (line === "ready" ? at : undefined),
      environment: {
        PATH: process.env.PATH ?? "",
        MESOS_LIBRARY: join(mesos, "libmesos.so"),
        MESOS_STUBS: join(mesos, "stubs"),
        LD_LIBRARY_PATH: `${join(mesos, "stubs")}:${join(mesos, "libraries")}`,
        LIBPROCESS_IP: "127.0.0.1",
        LIBPROCESS_PORT: `${at}`,
        LIBPROCESS_NUM_WORKER_THREADS: "8",
        MESOS_WORK_DIR: directory,
        MESOS_LOGGING_LEVEL: "WARNING",
        ...environment,
      },
    });
  let running = await (port === undefined ? startAtFreePort(start) : start(port));
  const at = running.port;
  const address = `127.0.0.1:${at}`;
  return {
    port: at,
    address,
    url: `http://${address}`,
    directory,
    signal: (name) => running.signal(name),
    kill: () => running.stop(),
    pause: () => running.signal("SIGSTOP"),
    resume: () => running.signal("SIGCONT"),
    stop: () => running.stop(),
    async restart() {
      await running.stop();
      running = await start(at);
    },
  };
}

/** Another process may take the free port before this one does, so this tries again. */
async function startAtFreePort(start: (port: number) => Promise<ServerProcess>): Promise<ServerProcess> {
  for (let tries = 1; ; tries++) {
    try {
      return await start(await findFreePort());
    } catch (error) {
      if (tries === 3) throw error;
    }
  }
}
