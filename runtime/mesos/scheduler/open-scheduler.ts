/** Opens a scheduler on a Mesos cluster, with the settings that jobs and compute nodes share. */
import type { Log } from "../../../base/log.ts";
import { openLeaders } from "../leader/open-leaders.ts";
import type { SchedulerConnection } from "../protocol/connection.ts";
import type { Credentials } from "../protocol/credentials.ts";
import { openSchedulerConnection } from "../protocol/scheduler-connection.ts";
import type { SchedulerRecord } from "../record/scheduler-record.ts";
import { runScheduler } from "./run-scheduler.ts";
import type { Scheduler } from "./scheduler.ts";
import type { SchedulerTimes } from "./scheduler-state.ts";

export interface SchedulerOptions {
  /** The address of the cluster: `zk://HOSTS/PATH`, or one or several masters. */
  readonly mesos: string;
  /** The scheduler's record, which it closes when it ends. */
  readonly record: SchedulerRecord;
  /** The framework's name in Mesos' pages. */
  readonly name: string;
  readonly role?: string;
  /** The user with whose rights tasks run; the agent's own if absent. */
  readonly user?: string;
  readonly credentials?: Credentials;
  /** The certificate authority of masters with HTTPS, as PEM. */
  readonly ca?: string;
  /** The seconds that tasks continue without a scheduler. */
  readonly failoverTimeout?: number;
  readonly webuiUrl?: string;
  readonly log: Log;
  /** The most milliseconds until the first subscription; no limit if absent. */
  readonly startTimeout?: number;
  readonly times?: SchedulerTimes;
}

const week = 7 * 24 * 3600;

/** Resolves when the master has accepted the framework. Rejects with a `MesosError` if it refuses, or cannot be reached in time. */
export async function openScheduler(options: SchedulerOptions): Promise<Scheduler> {
  const {
    mesos,
    record,
    name,
    role = "*",
    user = "",
    credentials,
    ca,
    failoverTimeout = week,
    webuiUrl,
    log,
    startTimeout,
    times,
  } = options;
  const leaders = await openLeaders({ address: mesos, https: ca !== undefined, log }).catch(async (error: unknown) => {
    await record.close();
    throw error;
  });
  const connect = (id: string | undefined): SchedulerConnection => {
    const connection = openSchedulerConnection({
      leaders,
      framework: {
        user,
        name,
        ...(id !== undefined && { id }),
        failoverTimeout,
        checkpoint: true,
        roles: [role],
        capabilities: ["MULTI_ROLE", "PARTITION_AWARE", "TASK_KILLING_STATE"],
        ...(webuiUrl !== undefined && { webuiUrl }),
      },
      ...(credentials && { credentials }),
      ...(ca !== undefined && { ca }),
      log,
      ...(startTimeout !== undefined && { startTimeout }),
    });
    const close = async () => {
      await connection.close();
      await leaders.close();
    };
    return { events: connection.events, send: (call) => connection.send(call), close };
  };
  return runScheduler({ record, connect, log, ...(times && { times }) });
}
