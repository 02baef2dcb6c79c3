/**
 * The compute function alone, for hosts that serve a module's `fetch` (`deno serve -A runtime/compute-function.ts`): `POST /compute`, `/healthz`,
 * `/readyz`. It claims no subtasks; processes with `--compute-url` send it requests. The options of `runtime/start.ts` are given by `FEMTOQ_*` variables.
 */
import process from "node:process";
import { createCoordinator } from "../coordination/embedded/coordinator.ts";
import { createMemoryJournal } from "../coordination/embedded/journal.ts";
import { knowLoadedBounds, LoadedBounds } from "../datasets/cache/loaded-bounds.ts";
import { StoredBounds } from "../datasets/cache/stored-bounds.ts";
import { usualLimits } from "../functions/admission/limits.ts";
import { createApp } from "../functions/app.ts";
import { openCompute } from "./node/open-compute.ts";
import { createLog } from "./observe/log.ts";
import { createAssets } from "./serve/assets.ts";
import { findAddress } from "./serve/find-address.ts";
import { readConfig } from "./start/config/config.ts";
import { openDatasets } from "./start/open-datasets.ts";
import { openConfiguredStore } from "./start/open-store.ts";

const config = readConfig([], process.env);
const log = createLog(config);
const { store, notReady: storeNotReady } = await openConfiguredStore(config, log);
const bounds = new LoadedBounds(new StoredBounds(store, log));
const compute = openCompute({ config, store, bounds, log });
const datasets = await openDatasets({ config, store, workers: undefined, stopping: new AbortController().signal, log });
const catalogue = knowLoadedBounds(datasets.catalogue, bounds);
const app = createApp({
  role: "compute",
  catalogue,
  // It needs no queue; this one stays empty.
  coordinator: await createCoordinator({ journal: createMemoryJournal() }),
  store,
  executor: compute.over(catalogue).executor,
  limits: { ...usualLimits, computations: 2 * config.threads + 2 },
  ...(config.computeSecret !== undefined && { computeSecret: config.computeSecret }),
  assets: createAssets(),
  log,
  queryFunctions: new Map(),
  notReady: () => [...storeNotReady(), ...compute.notReady()],
});

/** `connection` has the client's address, as on Deno; a host that does not tell it needs `FEMTOQ_COMPUTE_SECRET`. */
const handler = findAddress((request, environment) => app.fetch(request, environment), config.trustProxy);
export default { fetch: (request: Request, connection: object = {}): Response | Promise<Response> => handler(request, connection) };
