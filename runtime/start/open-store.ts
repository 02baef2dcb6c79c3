/** Opens the store that the configuration names: in MongoDB, or the embedded one. */
import { join } from "node:path";
import type { Log } from "../../base/log.ts";
import { openStore } from "../../storage/embedded/embedded-store.ts";
import type { Environment } from "../../storage/embedded/environment.ts";
import { shareEnvironment } from "../../storage/embedded/shared-environment.ts";
import type { Store } from "../../storage/store.ts";
import type { Config } from "./config/config.ts";

export interface OpenedStore {
  readonly store: Store;
  /** The reasons why nothing can be stored now; empty if it can. */
  readonly notReady: () => readonly string[];
}

/** Opens, once, the database on this machine that the embedded store and coordinator share. */
export function shareState({ state }: Pick<Config, "state">, log: Log): () => Promise<Environment> {
  return shareEnvironment({ directory: join(state, "store"), log });
}

/** Throws `StoreError` if the store cannot be used. A server that does not answer is waited for, which `notReady` reports. */
export async function openConfiguredStore(
  config: Pick<Config, "mongodb" | "state" | "storeLimit" | "keep">,
  log: Log,
  openState = shareState(config, log),
): Promise<OpenedStore> {
  const { mongodb, storeLimit: limit, keep } = config;
  const shared = { limit, ...(keep === undefined ? {} : { keep }), log };
  const store =
    mongodb === undefined
      ? await openStore({ environment: await openState(), ...shared })
      : // Loaded only here, since a process with the embedded store needs no driver.
        await (await import("../../storage/mongodb/mongodb-store.ts")).openMongoStore({ uri: mongodb, ...shared });
  return { store, notReady: () => store.notReady() };
}
