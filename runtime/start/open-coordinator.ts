/** The coordinator that the configuration asks for: ZooKeeper's, or the embedded one. */
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
  /** Why nothing can be queued now; empty where it can. */
  readonly notReady: () => readonly string[];
}

/** Throws `StartError` for servers or a root that cannot be used as they are; absent servers are waited for, and `notReady` says so. */
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
  // Loaded here only: who runs alone needs no client of ZooKeeper.
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
