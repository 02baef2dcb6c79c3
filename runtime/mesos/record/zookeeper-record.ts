/**
 * A scheduler's record in ZooKeeper, for one leader at a time.
 *
 *   ROOT/leader     ephemeral; names the leader, for people. Others watch it and wait
 *   ROOT/epoch      its version grows with each leader. Each write checks its leader's version, so a replaced leader can write nothing more
 *   ROOT/framework  the framework's id
 *   ROOT/tasks/N    a task, as JSON, named by a hash of its id
 */
import { hostname } from "node:os";
import { followSignals } from "../../../base/follow-signals.ts";
import type { Log } from "../../../base/log.ts";
import { pause } from "../../../base/pause.ts";
import { Connection } from "../../../coordination/zookeeper/protocol/connection.ts";
import { check, create, createEphemeral, type Operation, remove, set } from "../../../coordination/zookeeper/protocol/operations.ts";
import type { Session } from "../../../coordination/zookeeper/protocol/session.ts";
import { isInDoubt, isRefused, ZooKeeperError } from "../../../coordination/zookeeper/protocol/zookeeper-error.ts";
import { hashName } from "../../../coordination/zookeeper/znodes/layout.ts";
import type { Task } from "../scheduler/task.ts";
import { RecordError, type SchedulerRecord } from "./scheduler-record.ts";

export interface ZooKeeperRecordOptions {
  /** `HOST:PORT,…`, optionally with a path. */
  readonly hosts: string;
  /** `NAME:PASSWORD` */
  readonly auth?: string;
  /** The path, which must be different for each framework. */
  readonly root: string;
  readonly log: Log;
  /** Ends the wait for leadership; opening then rejects with its reason. */
  readonly signal: AbortSignal;
  /** Called once with the name of the leader, if another process leads. */
  readonly onWaiting?: (leader: string) => void;
  /** In milliseconds. */
  readonly sessionTimeout?: number;
}

/** Limits of one transaction; by default ZooKeeper takes messages up to 1 MB. */
const mostBytesAtOnce = 256 * 1024;
const mostChangesAtOnce = 500;
const betweenTries = 100;
const nothing = Buffer.alloc(0);

/** Resolves once this process leads. */
export async function openZooKeeperRecord(options: ZooKeeperRecordOptions): Promise<SchedulerRecord> {
  const { hosts, auth, root, log, sessionTimeout = 10_000 } = options;
  const connection = await Connection.open({
    hosts,
    ...(auth !== undefined && { auth }),
    sessionTimeout,
    startTimeout: sessionTimeout,
    log,
  });
  try {
    const base = connection.chroot + root;
    await makeFolders(connection, base);
    for (;;) {
      const session = await connection.connected();
      const { lost } = connection;
      try {
        await becomeLeader(session, `${base}/leader`, { ...options, lost });
        return await ZooKeeperRecord.begin(connection, { session, lost, base });
      } catch (error) {
        options.signal.throwIfAborted();
        if (!isInDoubt(error)) throw error;
        await pause(betweenTries, options.signal);
      }
    }
  } catch (error) {
    await connection.close();
    throw error;
  }
}

async function makeFolders(connection: Connection, base: string): Promise<void> {
  const parts = base.slice(connection.chroot.length + 1).split("/");
  const folders = parts.map((_, index) => `${connection.chroot}/${parts.slice(0, index + 1).join("/")}`);
  for (const path of [...folders, `${base}/epoch`, `${base}/framework`, `${base}/tasks`]) {
    await connection.run(async (session) => {
      if (await session.exists(path)) return;
      await session.commit([create(path, nothing)]).catch((error: unknown) => {
        if (!isRefused(error, "node-exists")) throw error;
      });
    });
  }
}

/** Creates the leader's ephemeral znode; while another process's exists, waits until it is gone. */
async function becomeLeader(
  session: Session,
  path: string,
  options: ZooKeeperRecordOptions & { readonly lost: AbortSignal },
): Promise<void> {
  const { signal, lost, onWaiting } = options;
  for (let isFirst = true; ; isFirst = false) {
    signal.throwIfAborted();
    try {
      await session.commit([createEphemeral(path, Buffer.from(`${hostname()}, process ${process.pid}`))]);
      return;
    } catch (error) {
      if (!isRefused(error, "node-exists")) throw error;
    }
    const changed = new AbortController();
    const other = await session.get(path, () => changed.abort());
    if (other === undefined) continue;
    if (isFirst) onWaiting?.(other.data.toString());
    // A watch may be lost with a connection, so it looks again now and then.
    const any = followSignals([signal, lost, changed.signal]);
    await pause(options.sessionTimeout ?? 10_000, any.signal);
    any.release();
    if (lost.aborted) throw new ZooKeeperError("session-lost", "The session with ZooKeeper is over");
  }
}

interface Led {
  readonly session: Session;
  readonly lost: AbortSignal;
  readonly base: string;
}

class ZooKeeperRecord implements SchedulerRecord {
  readonly lost: AbortSignal;
  readonly #connection: Connection;
  readonly #led: Led;
  readonly #replaced = new AbortController();
  readonly #epoch: number;
  #frameworkId: string | undefined;
  readonly #tasks = new Map<string, Task>();
  readonly #known = new Set<string>();

  private constructor(connection: Connection, led: Led, epoch: number) {
    this.#connection = connection;
    this.#led = led;
    this.#epoch = epoch;
    this.lost = AbortSignal.any([led.lost, this.#replaced.signal]);
  }

  static async begin(connection: Connection, led: Led): Promise<ZooKeeperRecord> {
    const { session, base } = led;
    const before = (await session.exists(`${base}/epoch`))?.stat.version ?? 0;
    await session.commit([set(`${base}/epoch`, nothing, before)]);
    const record = new ZooKeeperRecord(connection, led, before + 1);
    await record.#read();
    return record;
  }

  get frameworkId(): string | undefined {
    return this.#frameworkId;
  }

  get tasks(): readonly Task[] {
    return [...this.#tasks.values()];
  }

  async #read(): Promise<void> {
    const { session, base } = this.#led;
    const [framework, listing] = await Promise.all([session.get(`${base}/framework`), session.list(`${base}/tasks`)]);
    this.#frameworkId = framework?.data.toString() || undefined;
    const contents = await Promise.all((listing?.children ?? []).map((name) => session.get(`${base}/tasks/${name}`)));
    for (const content of contents) {
      if (content === undefined) continue;
      const task = parseTask(content.data, base);
      this.#tasks.set(task.wanted.id, task);
      this.#known.add(task.wanted.id);
    }
  }

  async write(changes: Parameters<SchedulerRecord["write"]>[0]): Promise<void> {
    for (let begin = 0; begin < changes.length; ) {
      let end = begin;
      for (let bytes = 0; end < changes.length && end - begin < mostChangesAtOnce && (end === begin || bytes < mostBytesAtOnce); end++) {
        const change = changes[end]!;
        bytes += change.kind === "put" ? JSON.stringify(change.task).length : 100;
      }
      await this.#commit(changes.slice(begin, end));
      begin = end;
    }
  }

  async clear(): Promise<void> {
    await this.write([{ kind: "framework", frameworkId: "" }, ...[...this.#known].map((id) => ({ kind: "remove" as const, id }))]);
  }

  async close(): Promise<void> {
    await this.#connection.close();
  }

  /** Writes changes in one transaction. If the outcome is in doubt, it writes again, which is safe since only this leader can write. */
  async #commit(changes: Parameters<SchedulerRecord["write"]>[0]): Promise<void> {
    const { session, lost, base } = this.#led;
    for (;;) {
      const needed = changes.filter((change) => change.kind !== "remove" || this.#known.has(change.id));
      try {
        await session.commit([check(`${base}/epoch`, this.#epoch), ...needed.map((change) => this.#operation(change))]);
        for (const change of changes) {
          if (change.kind === "put") this.#known.add(change.task.wanted.id);
          else if (change.kind === "remove") this.#known.delete(change.id);
        }
        return;
      } catch (error) {
        if (isRefused(error, "bad-version")) this.#replaced.abort(new Error("another scheduler leads"));
        const refused = error instanceof ZooKeeperError ? needed[error.index - 1] : undefined;
        // An earlier attempt, whose outcome was in doubt, had succeeded.
        if (isRefused(error, "node-exists") && refused?.kind === "put") this.#known.add(refused.task.wanted.id);
        else if (isRefused(error, "no-node") && refused?.kind === "remove") this.#known.delete(refused.id);
        else if (!isInDoubt(error) || lost.aborted) throw error;
        else await pause(betweenTries, lost);
      }
    }
  }

  #operation(change: Parameters<SchedulerRecord["write"]>[0][number]): Operation {
    const { base } = this.#led;
    if (change.kind === "framework") return set(`${base}/framework`, Buffer.from(change.frameworkId));
    const path = (id: string) => `${base}/tasks/${hashName(id)}`;
    if (change.kind === "remove") return remove(path(change.id));
    const { id } = change.task.wanted;
    const data = Buffer.from(JSON.stringify(change.task));
    return this.#known.has(id) ? set(path(id), data) : create(path(id), data);
  }
}

function parseTask(data: Buffer, base: string): Task {
  try {
    return JSON.parse(data.toString()) as Task;
  } catch (error) {
    throw new RecordError(`Cannot use ${base} in ZooKeeper: a task below it is no JSON; was it written by another program?`, {
      cause: error,
    });
  }
}
