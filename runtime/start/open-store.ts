/** The store that the configuration asks for: MongoDB's, or the embedded one. */
import { join } from "node:path";
import type { Log } from "../../base/log.ts";
import { openStore } from "../../storage/embedded/embedded-store.ts";
import type { Environment } from "../../storage/embedded/environment.ts";
import { shareEnvironment } from "../../storage/embedded/shared-environment.ts";
import type { Store } from "../../storage/store.ts";
import type { Config } from "./config/config.ts";

export interface OpenedStore {
  readonly store: Store;
  /** Why nothing can be stored now; empty where it can. */
  readonly notReady: () => readonly string[];
}

/** What the embedded forms of store and coordinator keep on this machine, in one database for both. */
export function shareState({ state }: Pick<Config, "state">, log: Log): () => Promise<Environment> {
  return shareEnvironment({ directory: join(state, "store"), log });
}

/** Throws `StoreError` for one that cannot be used; a server that is absent is waited for, and `notReady` says so. */
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
      : // Loaded here only: who keeps results by himself needs no driver.
        await (await import("../../storage/mongodb/mongodb-store.ts")).openMongoStore({ uri: mongodb, ...shared });
  return { store, notReady: () => store.notReady() };
}
