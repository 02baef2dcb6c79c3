/**
 * The part of a process that keeps compute nodes on Mesos. Of all processes with one name, one leads and keeps the nodes; the others wait for its end.
 *
 *   waiting to lead → subscribing → keeping nodes → over, and waiting again     `close` ends it from anywhere; nodes go on
 */
import { readFile } from "node:fs/promises";
import { hostname } from "node:os";
import type { Log } from "../../../base/log.ts";
import { pause } from "../../../base/pause.ts";
import type { Coordinator } from "../../../coordination/coordinator.ts";
import type { Meter } from "../../../functions/metrics/meter.ts";
import type { Config } from "../../start/config/config.ts";
import { openLeaders } from "../leader/open-leaders.ts";
import type { SchedulerConnection } from "../protocol/connection.ts";
import { readCredentials } from "../protocol/credentials.ts";
import { openSchedulerConnection } from "../protocol/scheduler-connection.ts";
import type { FrameworkInfo } from "../protocol/shapes.ts";
import { openZooKeeperRecord } from "../record/zookeeper-record.ts";
import { runScheduler } from "../scheduler/run-scheduler.ts";
import { type NodeKeeper, startNodeKeeper } from "./node-keeper.ts";
import { describeNodeKind } from "./node-task.ts";

export interface MesosNodes {
  notReady(): readonly string[];
  /** Stops leading. Nodes continue, and the next leader takes them over. */
  close(): Promise<void>;
}

interface MesosNodesOptions {
  readonly config: Config;
  readonly coordinator: Coordinator;
  readonly log: Log;
  readonly meter?: Meter;
}

/** The seconds that nodes continue without a scheduler. */
const failoverTimeout = 7 * 86_400;
/** The milliseconds before the next try after Mesos refused, or after another scheduler took over. */
const betweenTries = 10_000;

/** Rejects if the files with credentials or certificates cannot be read. */
export async function openMesosNodes(options: MesosNodesOptions): Promise<MesosNodes> {
  const { config, coordinator, log, meter } = options;
  const credentials = config.mesosCredentials === undefined ? undefined : await readCredentials(config.mesosCredentials);
  const ca = config.mesosCa === undefined ? undefined : await readFile(config.mesosCa, "utf8");
  const closing = new AbortController();
  let reason = "ZooKeeper has not been reached yet";
  let keeper: NodeKeeper | undefined;
  meter?.gauge("femtoq_supplied_nodes", () => ({ wanted: keeper?.supply.wanted ?? 0, there: keeper?.supply.there ?? 0 }));
  const running = run();

  return {
    notReady: () => (keeper ? [] : [`this process starts no nodes: ${reason}`]),
    async close() {
      closing.abort(new Error("The server is stopping"));
      await running;
    },
  };

  async function run(): Promise<void> {
    while (!closing.signal.aborted) {
      try {
        await lead();
      } catch (error) {
        if (closing.signal.aborted) return;
        reason = error instanceof Error ? error.message : String(error);
        log.error({ err: error }, "no nodes can be started on Mesos; trying again");
      }
      await pause(betweenTries, closing.signal);
    }
  }

  /** Leads until leadership ends; then resolves. */
  async function lead(): Promise<void> {
    const { zookeeper, zookeeperAuth, mesosName, sessionTimeout } = config;
    const record = await openZooKeeperRecord({
      hosts: zookeeper!,
      ...(zookeeperAuth !== undefined && { auth: zookeeperAuth }),
      root: `/femtoq-mesos/nodes/${encodeURIComponent(mesosName)}`,
      sessionTimeout,
      log,
      signal: closing.signal,
      onWaiting: (leader) => {
        reason = `${leader} leads, and this one waits for its end`;
      },
    });
    reason = `no master at ${config.mesos!.replace(/:[^/@:]*@/, ":…@")} has taken the framework yet`;
    const leaders = await openLeaders({ address: config.mesos!, https: ca !== undefined, log }).catch(async (error: unknown) => {
      await record.close();
      throw error;
    });
    let connection: SchedulerConnection | undefined;
    const onClose = () => void connection?.close();
    closing.signal.addEventListener("abort", onClose, { once: true });
    try {
      const connect = (id: string | undefined) => {
        connection = openSchedulerConnection({
          leaders,
          framework: { ...describeFramework(config), ...(id !== undefined && { id }) },
          ...(credentials && { credentials }),
          ...(ca !== undefined && { ca }),
          log,
        });
        return connection;
      };
      const scheduler = await runScheduler({ record, connect, log });
      log.info({ framework: scheduler.frameworkId }, "nodes are kept on Mesos");
      keeper = startNodeKeeper({ scheduler, coordinator, kind: describeNodeKind(config), numbers: numbersOf(config), log });
      const end = await scheduler.ended;
      await keeper.stop();
      keeper = undefined;
      if ("message" in end) throw new Error(end.message);
    } finally {
      closing.signal.removeEventListener("abort", onClose);
      await leaders.close();
    }
  }
}

const numbersOf = ({ nodes: { least, most }, nodeCpus: threads, nodeIdle: idle }: Config) => ({ least, most, threads, idle });

export const describeFramework = ({ mesosUser, mesosName, mesosRole }: Config): FrameworkInfo => ({
  user: mesosUser,
  name: mesosName,
  failoverTimeout,
  checkpoint: true,
  roles: [mesosRole],
  capabilities: ["MULTI_ROLE", "PARTITION_AWARE", "TASK_KILLING_STATE"],
  hostname: hostname(),
});
