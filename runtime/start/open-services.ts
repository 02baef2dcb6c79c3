/** Wires the services of one process together, as its role needs them. */
import process from "node:process";
import type { Log } from "../../base/log.ts";
import { makeDirectory } from "../../base/make-directory.ts";
import { pause } from "../../base/pause.ts";
import type { Coordinator } from "../../coordination/coordinator.ts";
import { knowLoadedBounds, LoadedBounds } from "../../datasets/cache/loaded-bounds.ts";
import { StoredBounds } from "../../datasets/cache/stored-bounds.ts";
import { usualLimits } from "../../functions/admission/limits.ts";
import { createApp } from "../../functions/app.ts";
import { measureCoordinator, measureStore } from "../../functions/metrics/measure-services.ts";
import type { Meter } from "../../functions/metrics/meter.ts";
import { roles } from "../../functions/roles.ts";
import type { Assets } from "../../functions/services.ts";
import { startNode } from "../node/node.ts";
import { openCompute, openRemoteCompute } from "../node/open-compute.ts";
import { openTracer } from "../observe/otlp.ts";
import type { Handler, Listening } from "../serve/listening.ts";
import { grace } from "../serve/serve.ts";
import type { Config } from "./config/config.ts";
import { handOverPartials } from "./hand-over-partials.ts";
import { handOverPrograms } from "./hand-over-programs.ts";
import { loadQueryFunctions } from "./load-query-functions.ts";
import { openConfiguredCoordinator } from "./open-coordinator.ts";
import { openDatasets } from "./open-datasets.ts";
import { openConfiguredStore, shareState } from "./open-store.ts";
import type { OpenedParts } from "./opened-parts.ts";
import { StartError } from "./start-error.ts";

/** The milliseconds after which a started server goes through a sample query. */
const settling = 100;

/** Opens everything that requests need, in the order in which one part needs another. Rejects with `StartError` if the operator can mend the problem. */
export async function openServices(options: {
  readonly config: Config;
  readonly log: Log;
  readonly meter: Meter;
  readonly assets: Assets;
  readonly opened: OpenedParts;
  readonly listening: Listening;
  readonly stopping: AbortSignal;
}): Promise<{ readonly handler: Handler; readonly datasets: readonly string[] }> {
  const { config, log, meter, assets, opened, listening, stopping } = options;
  const { role, computeUrl } = config;
  const { opens } = roles[role];
  if (opens.includes("state")) await makeState(config.state);
  const openState = shareState(config, log);
  const openedStore = await openConfiguredStore(config, log, openState);
  const merges = opens.includes("node") && roles[role].serves.includes("queries");
  const store = measureStore(merges ? handOverPartials(openedStore.store) : openedStore.store, meter);
  opened.add("store", () => store.close());
  const isOneProcess = merges && [computeUrl, config.mongodb, config.zookeeper].every((each) => each === undefined);
  const stores = isOneProcess ? handOverPrograms(store) : { dispatching: store, computing: store };
  const openedCoordinator = await openConfiguredCoordinator(config, log, openState);
  const coordinator = measureCoordinator(openedCoordinator.coordinator, meter);
  opened.add("coordinator", () => coordinator.close());
  const tracer = openTracer(config, process.env, log);
  if (tracer) opened.add("traces", () => tracer.close());

  const storedBounds = new StoredBounds(store, log);
  opened.add("bounds of columns", () => storedBounds.close());
  const bounds = new LoadedBounds(storedBounds);
  const compute =
    opens.includes("node") && computeUrl === undefined ? openCompute({ config, store: stores.computing, bounds, log, meter }) : undefined;
  if (compute) opened.add("worker threads", () => compute.workers.close());
  // A demo dataset is on this machine only, so other processes could not read it.
  const workers = opens.includes("state") ? compute?.workers : undefined;
  const datasets = await openDatasets({ config, store, workers, stopping, log });
  opened.add("datasets", datasets.close);
  const catalogue = knowLoadedBounds(datasets.catalogue, bounds);
  const local = compute?.over(catalogue);
  const app = createApp({
    role,
    catalogue,
    coordinator,
    store: stores.dispatching,
    ...(local && { executor: local.executor }),
    ...(config.computeSecret !== undefined && { computeSecret: config.computeSecret }),
    ...(config.zookeeperAuth !== undefined && { operatorSecret: config.zookeeperAuth }),
    assets,
    log,
    meter,
    limits: {
      ...usualLimits,
      queries: config.mostQueries,
      clientQueries: config.mostQueriesEach,
      streams: config.mostStreams,
      clientStreams: config.mostStreamsEach,
      longestWait: config.longestWait * 1000,
      computations: 2 * config.threads + 2,
    },
    ...(tracer && { tracer }),
    queryFunctions: await loadQueryFunctions(),
    notReady: () => [
      ...(stopping.aborted ? ["the server is stopping"] : []),
      ...openedStore.notReady(),
      ...openedCoordinator.notReady(),
      ...(compute?.notReady() ?? []),
      ...(remote?.notReady() ?? []),
      ...(node?.notReady() ?? []),
      ...(nodes?.notReady() ?? []),
      ...datasets.notReady(),
    ],
  });
  const remote = computeUrl === undefined ? undefined : openRemoteCompute({ config, url: computeUrl, store, log, meter });
  const pull = remote?.pull ?? local?.pull;
  const nodes = opens.includes("tasks") ? await openNodes(config, { coordinator, log, meter }) : undefined;
  if (nodes) opened.add("nodes on Mesos", () => nodes.close());
  const node = pull && startNode(() => pull(coordinator), log);
  if (compute || roles[role].serves.includes("queries")) {
    const warming = warmUpSoon({ compute: compute && { ...compute, threads: config.threads }, signal: stopping, log });
    opened.add("sample query", () => warming);
  }
  opened.add(node ? "pull loop" : "requests", () => Promise.all([node?.stop(config.drain), listening.close(grace)]));
  return { handler: (request, environment) => app.fetch(request, environment), datasets: catalogue.names() };
}

/** Warms up when requests are already answered. Never rejects. */
async function warmUpSoon(options: Parameters<typeof import("./warm-up/warm-up.ts").warmUp>[0]): Promise<void> {
  await pause(settling, options.signal);
  if (options.signal.aborted) return;
  const { warmUp } = await import("./warm-up/warm-up.ts");
  await warmUp(options);
}

/** Opens what plans nodes on Mesos. It is loaded only here, since other roles do not need it. */
async function openNodes(config: Config, services: { readonly coordinator: Coordinator; readonly log: Log; readonly meter: Meter }) {
  const { openMesosNodes } = await import("../mesos/nodes/open-nodes.ts");
  try {
    return await openMesosNodes({ config, ...services });
  } catch (cause) {
    throw cause instanceof Error ? new StartError(cause.message, { cause, exitCode: 2 }) : cause;
  }
}

async function makeState(path: string): Promise<void> {
  try {
    await makeDirectory(path);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new StartError(`Cannot keep state in ${path}: ${reason}; choose another directory with --state`, { cause: error });
  }
}
