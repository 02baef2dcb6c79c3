/**
 * A place in the cluster that one process after the other takes: killed, it is filled again. What is done to a place is done one after the other.
 * Keeps the log of every process that was in it.
 */
import { appendFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import type { Role } from "../../functions/roles.ts";
import type { Exit } from "../runtime/server-process.ts";
import type { Cluster, Member, StartOptions } from "../support/cluster.ts";

export interface PlaceOptions {
  readonly name: string;
  readonly role: Role;
  readonly cluster: Cluster;
  readonly start: StartOptions;
  /** Where its processes' logs are kept, one after the other. */
  readonly logFile: string;
  /** A process ended that nobody killed. */
  readonly onCrash: (what: string) => void;
}

/** What its processes logged that matters here. */
export interface Logged {
  readonly faults: readonly string[];
  /** Subtasks that were computed after their claims were lost. */
  readonly late: number;
}

export class Place {
  readonly name: string;
  readonly #options: PlaceOptions;
  #member: Member | undefined;
  #before: Logged = { faults: [], late: 0 };
  #kept: Promise<unknown> = Promise.resolve();
  #last: Promise<unknown> = Promise.resolve();
  #isFrozen = false;

  constructor(options: PlaceOptions) {
    this.name = options.name;
    this.#options = options;
  }

  /** While a process is there that can answer. */
  get url(): string | undefined {
    return this.#isFrozen ? undefined : this.#member?.url;
  }

  fill(): Promise<void> {
    return this.#inTurn(() => this.#start());
  }

  /** As a power cut would end it; filled again after `pause` milliseconds. */
  kill(pause: number): Promise<void> {
    return this.#inTurn(async () => {
      const member = this.#member;
      this.#member = undefined;
      if (member) await this.#options.cluster.kill(member);
      await delay(pause);
      await this.#start();
    });
  }

  /** Stopped by SIGSTOP for that many milliseconds; wakes and goes on. */
  freeze(pause: number): Promise<void> {
    return this.#inTurn(async () => {
      this.#isFrozen = true;
      this.#member?.kill("SIGSTOP");
      await delay(pause);
      this.#member?.kill("SIGCONT");
      this.#isFrozen = false;
    });
  }

  /** Of all its processes, so far. */
  get logged(): Logged {
    return this.#member ? add(this.#before, readLog(this.#member.stderr)) : this.#before;
  }

  /** For good. Resolves when its log is kept. */
  async end(): Promise<void> {
    const member = this.#member;
    this.#member = undefined;
    if (member) await this.#options.cluster.kill(member);
    await this.#kept;
  }

  async #start(): Promise<void> {
    const { cluster, role, start } = this.#options;
    const member = await cluster.start(role, start);
    this.#member = member;
    const isOver = member.exited.then((exit) => this.#keep(member, exit));
    this.#kept = Promise.all([this.#kept, isOver]);
  }

  async #keep(member: Member, { code, signal, stderr }: Exit): Promise<void> {
    const { name, logFile, cluster, onCrash } = this.#options;
    this.#before = add(this.#before, readLog(stderr));
    const isCrash = this.#member === member;
    if (isCrash) {
      this.#member = undefined;
      cluster.members.delete(member);
      onCrash(`${name} ended by itself with ${signal ?? `code ${code}`}; its log: ${logFile}`);
    }
    await appendFile(logFile, stderr);
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    const done = this.#last.then(work);
    this.#last = done.catch(() => undefined);
    return done;
  }
}

function readLog(log: string): Logged {
  const faults = log.match(/^.*"msg":"fault:.*$/gm) ?? [];
  return { faults, late: log.split("a subtask was computed after its claim was lost").length - 1 };
}

const add = (a: Logged, b: Logged): Logged => ({ faults: [...a.faults, ...b.faults], late: a.late + b.late });
