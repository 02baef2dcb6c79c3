/**
 * One process with everything in it: HTTP, store, coordinator, datasets, worker threads, pull loop.
 *
 * It listens first, so that requests wait in this process rather than fail while the rest is opened; datasets are read and the
 * demo dataset is made after that, in the background. What was opened is closed, last first, by `stop` or when a later step fails.
 */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { createCoordinator } from "../coordination/embedded.ts";
import { createLmdbJournal } from "../coordination/lmdb-journal.ts";
import { findFiles } from "../datasets/find-files.ts";
import { createApp } from "../functions/app.ts";
import type { Log } from "../functions/services.ts";
import { openEnvironment } from "../storage/environment.ts";
import { createAssets } from "./assets.ts";
import { Closers } from "./closers.ts";
import { openCompute } from "./compute.ts";
import type { Config } from "./config.ts";
import { loadQueryFunctions } from "./load-query-functions.ts";
import { onePerTurn } from "./one-per-turn.ts";
import { openDatasets } from "./open-datasets.ts";
import { openConfiguredStore } from "./open-store.ts";
import { refuseForeignHosts } from "./refuse-foreign-hosts.ts";
import { type Handler, type Listening, serve, urlOf } from "./serve.ts";
import { StartError } from "./start-error.ts";

export interface Server {
  readonly url: string;
  readonly datasets: readonly string[];
  /** Gives running subtasks back and ends everything; never rejects. */
  stop(): Promise<void>;
}

/** Milliseconds that requests have to finish when the server stops. */
const grace = 500;

/** Rejects with `StartError` for what the operator can mend. */
export async function startServer(config: Config, log: Log): Promise<Server> {
  const closers = new Closers();
  const stopping = new AbortController();
  const stop = () => {
    stopping.abort(new Error("The server is stopping"));
    return closers.closeAll(log);
  };
  try {
    await requireFiles(config);
    const opened = deferred<Handler>();
    const wait: Handler = async (request, environment) => (await opened.promise)(request, environment);
    const listening = await serve(refuseForeignHosts(onePerTurn(wait), config.host), config);
    closers.add("HTTP server", () => listening.close(grace));
    const { handler, datasets } = await openServices({ config, log, closers, listening, stopping: stopping.signal });
    opened.resolve(handler);
    return { url: urlOf({ host: config.host, port: listening.port }), datasets, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function openServices(options: {
  readonly config: Config;
  readonly log: Log;
  readonly closers: Closers;
  readonly listening: Listening;
  readonly stopping: AbortSignal;
}): Promise<{ readonly handler: Handler; readonly datasets: readonly string[] }> {
  const { config, log, closers, listening, stopping } = options;
  await makeDirectory(config.state);
  const { store, notReady: storeNotReady } = await openConfiguredStore(config, log);
  closers.add("store", () => store.close());
  const journal = createLmdbJournal(await openEnvironment({ directory: join(config.state, "coordination"), log }));
  const coordinator = await createCoordinator({ journal, log });
  closers.add("coordinator", () => coordinator.close());

  const compute = openCompute({ config, store, log });
  closers.add("worker threads", () => compute.workers.close());
  const { catalogue, notReady } = await openDatasets({ config, workers: compute.workers, stopping, log });
  const { executor, pull } = compute.over(catalogue);
  const app = createApp({
    catalogue,
    coordinator,
    store,
    executor,
    assets: createAssets(),
    log,
    queryFunctions: await loadQueryFunctions(),
    notReady: () => [...(stopping.aborted ? ["the server is stopping"] : []), ...storeNotReady(), ...compute.notReady(), ...notReady()],
  });
  const pulling = await pull(coordinator, (request) => app.fetch(request));
  closers.add("pull loop", () => Promise.all([pulling.stop(), listening.close(grace)]));
  return { handler: (request, environment) => app.fetch(request, environment), datasets: catalogue.names() };
}

async function requireFiles({ data }: Config): Promise<void> {
  for (const { name, pattern } of data) {
    const files = await findFiles(pattern);
    if (files.length === 0) throw new StartError(`Cannot use --data ${name}=${pattern}: no file matches; check the path`, { exitCode: 2 });
  }
}

async function makeDirectory(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new StartError(`Cannot keep state in ${path}: ${reason}; choose another directory with --state`, { cause: error });
  }
}

function deferred<T>(): { readonly promise: Promise<T>; readonly resolve: (value: T) => void } {
  let resolve = (_: T) => {};
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
