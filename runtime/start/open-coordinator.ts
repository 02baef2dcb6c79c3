/** Opens the coordinator that the configuration names: on ZooKeeper, or the embedded one. */
import type { Log } from "../../base/log.ts";
import { type Coordinator, CoordinatorUnavailableError } from "../../coordination/coordinator.ts";
import { createCoordinator } from "../../coordination/embedded/coordinator.ts";
import { createLmdbJournal } from "../../coordination/embedded/lmdb-journal.ts";
import type { Environment } from "../../storage/embedded/environment.ts";
import type { Config } from "./config/config.ts";
import { PendingCoordinator } from "./pending-coordinator.ts";
import { StartError } from "./start-error.ts";

export interface OpenedCoordinator {
  readonly coordinator: Coordinator;
  /** The reasons why nothing can be queued now; empty if it can. */
  readonly notReady: () => readonly string[];
}

/** Throws `StartError` for servers or a root that cannot be used as they are. Servers that do not answer are waited for, which `notReady` reports. */
export async function openConfiguredCoordinator(
  config: Config,
  log: Log,
  openState: () => Promise<Environment>,
): Promise<OpenedCoordinator> {
  const { zookeeper, zookeeperAuth, sessionTimeout, localityDelay, mostQueued: mostSubtasks, interest: interestTerm } = config;
  if (zookeeper === undefined) {
    const journal = createLmdbJournal(await openState());
    return { coordinator: await createCoordinator({ journal, log, mostSubtasks, interestTerm }), notReady: () => [] };
  }
  // Loaded only here, since a process without ZooKeeper needs no client for it.
  const [{ createZooKeeperCoordinator }, { isInDoubt, isRefused, ZooKeeperSetupError }] = await Promise.all([
    import("../../coordination/zookeeper/coordinator.ts"),
    import("../../coordination/zookeeper/protocol/zookeeper-error.ts"),
  ]);
  const auth = zookeeperAuth === undefined ? {} : { auth: zookeeperAuth };
  const open = async (startTimeout: number) => {
    try {
      return await createZooKeeperCoordinator({
        hosts: zookeeper,
        ...auth,
        sessionTimeout,
        localityDelay,
        startTimeout,
        mostSubtasks,
        interestTerm,
        log,
      });
    } catch (error) {
      if (isInDoubt(error)) throw new CoordinatorUnavailableError(error.message, { cause: error });
      throw error;
    }
  };
  try {
    const coordinator = await PendingCoordinator.open({ open, log, interestTerm });
    return { coordinator, notReady: () => coordinator.notReady() };
  } catch (error) {
    if (error instanceof ZooKeeperSetupError || isRefused(error, "no-auth"))
      throw new StartError(error.message, { cause: error, exitCode: 2 });
    throw error;
  }
}
