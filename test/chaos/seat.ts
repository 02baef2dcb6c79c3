/**
 * A seat in the cluster that one process after the other takes: when one is killed, another is started. What is done to a seat is done
 * one after the other. The logs of all its processes are kept.
 */
import { appendFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import type { Role } from "../../functions/roles.ts";
import type { Exit } from "../runtime/server-process.ts";
import type { Cluster, ClusterProcess, StartOptions } from "../support/cluster.ts";
import { oneAfterAnother } from "./servers.ts";

export interface PlaceOptions {
  readonly name: string;
  readonly role: Role;
  readonly cluster: Cluster;
  readonly start: StartOptions;
  /** The file that the logs of its processes go to, one after the other. */
  readonly logFile: string;
  /** Called when a process ended that nobody killed. */
  readonly onCrash: (what: string) => void;
}

/** The relevant part of what the processes of a seat have logged. */
export interface Logged {
  readonly faults: readonly string[];
  /** Subtasks that were computed after their claims were lost. */
  readonly late: number;
}

export class Seat {
  readonly name: string;
  readonly #options: PlaceOptions;
  #process: ClusterProcess | undefined;
  #before: Logged = { faults: [], late: 0 };
  #kept: Promise<unknown> = Promise.resolve();
  readonly #inOrder = oneAfterAnother();
  #isFrozen = false;

  constructor(options: PlaceOptions) {
    this.name = options.name;
    this.#options = options;
  }

  /** The address of its process; undefined while there is none that can answer. */
  get url(): string | undefined {
    return this.#isFrozen ? undefined : this.#process?.url;
  }

  fill(): Promise<void> {
    return this.#inOrder(() => this.#start());
  }

  /** Ends its process as a power cut would, and starts another after `pause` milliseconds. */
  kill(pause: number): Promise<void> {
    return this.#inOrder(async () => {
      const running = this.#process;
      this.#process = undefined;
      if (running) await this.#options.cluster.kill(running);
      await delay(pause);
      await this.#start();
    });
  }

  /** Stops its process with SIGSTOP for `pause` milliseconds, then lets it continue. */
  freeze(pause: number): Promise<void> {
    return this.#inOrder(async () => {
      this.#isFrozen = true;
      this.#process?.kill("SIGSTOP");
      await delay(pause);
      this.#process?.kill("SIGCONT");
      this.#isFrozen = false;
    });
  }

  /** What all its processes have logged until now. */
  get logged(): Logged {
    return this.#process ? add(this.#before, readLog(this.#process.stderr)) : this.#before;
  }

  /** Ends its process for good, and resolves when its log is kept. */
  async end(): Promise<void> {
    const running = this.#process;
    this.#process = undefined;
    if (running) await this.#options.cluster.kill(running);
    await this.#kept;
  }

  async #start(): Promise<void> {
    const { cluster, role, start } = this.#options;
    const running = await cluster.start(role, start);
    this.#process = running;
    const isOver = running.exited.then((exit) => this.#keep(running, exit));
    this.#kept = Promise.all([this.#kept, isOver]);
  }

  async #keep(running: ClusterProcess, { code, signal, stderr }: Exit): Promise<void> {
    const { name, logFile, cluster, onCrash } = this.#options;
    this.#before = add(this.#before, readLog(stderr));
    const isCrash = this.#process === running;
    if (isCrash) {
      this.#process = undefined;
      cluster.processes.delete(running);
      onCrash(`${name} ended by itself with ${signal ?? `code ${code}`}; its log: ${logFile}`);
    }
    await appendFile(logFile, stderr);
  }
}

function readLog(log: string): Logged {
  const faults = log.match(/^.*"msg":"fault:.*$/gm) ?? [];
  return { faults, late: log.split("a subtask was computed after its claim was lost").length - 1 };
}

const add = (a: Logged, b: Logged): Logged => ({ faults: [...a.faults, ...b.faults], late: a.late + b.late });
