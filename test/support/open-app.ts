/** Opens all functions over real embedded parts in a temporary directory, without a socket. It notes everything that is computed. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Coordinator } from "../../coordination/coordinator.ts";
import { createCoordinator } from "../../coordination/embedded/coordinator.ts";
import { createMemoryJournal } from "../../coordination/embedded/journal.ts";
import { knowLoadedBounds, LoadedBounds } from "../../datasets/cache/loaded-bounds.ts";
import { createCatalogue } from "../../datasets/catalogue/catalogue.ts";
import { isEnded, type Status } from "../../functions/api.ts";
import { createApp } from "../../functions/app.ts";
import type { Executor, PartitionName } from "../../functions/compute/executor.ts";
import type { Services } from "../../functions/services.ts";
import { openCompute } from "../../runtime/node/open-compute.ts";
import { createAssets } from "../../runtime/serve/assets.ts";
import { readConfig } from "../../runtime/start/config/config.ts";
import { loadQueryFunctions } from "../../runtime/start/load-query-functions.ts";
import { openStore } from "../../storage/embedded/embedded-store.ts";
import type { Store } from "../../storage/store.ts";
import { recordingLog } from "../runtime/silent-log.ts";
import type { Cleanup } from "./cleanup.ts";
import { until } from "./until.ts";
import { makeEvents, type TestEvent, writeEvents } from "./write-events.ts";

export interface ComputedPair extends PartitionName {
  readonly programKey: string;
  readonly dataset: string;
}

export interface TestApp {
  readonly directory: string;
  readonly events: readonly TestEvent[];
  readonly services: Services;
  readonly lines: ReturnType<typeof recordingLog>["lines"];
  /** Every program over every partition that was computed, or failed; those that were handed back undone are not among them. */
  readonly computed: ComputedPair[];
  /** While it is closed, nothing is computed. */
  readonly gate: { close(): void; open(): void };
  /** Requests to compute that wait at the gate. */
  readonly waiting: () => number;
  /** The app that `request` calls. */
  readonly functions: ReturnType<typeof createApp>;
  request(path: string, init?: RequestInit): Promise<Response>;
  post(query: unknown, headers?: Readonly<Record<string, string>>): Promise<Response>;
  /** POSTs a query and waits for its end. */
  ask(query: unknown): Promise<Status>;
}

export interface TestAppOptions {
  readonly extraData?: readonly string[];
  /** How far the datasets of `extraData` are made; undefined when they are complete. */
  readonly preparing?: () => { readonly entries: number; readonly total: number } | undefined;
  /** The address from which requests come: by default this machine; undefined if it is unknown. */
  readonly address?: string | undefined;
  /** Shared with other apps; they are not closed with this one. */
  readonly store?: Store;
  readonly coordinator?: Coordinator;
  readonly services?: Partial<Pick<Services, "meter" | "limits" | "tracer">>;
}

/** The dataset `events` has four partitions of 250 events in `events.parquet`. */
export async function openApp(cleanup: Cleanup, options: TestAppOptions = {}): Promise<TestApp> {
  const directory = await mkdtemp(join(tmpdir(), "femtoq-functions-"));
  const events = makeEvents(1000);
  await writeEvents(join(directory, "events.parquet"), events, 250);
  const data = [`events=${join(directory, "events.parquet")}`, ...(options.extraData ?? [])];
  const config = readConfig(["--threads", "1", "--memory", "64MiB", "--state", directory, ...data.flatMap((each) => ["--data", each])], {});
  const { log, lines } = recordingLog();
  const store = options.store ?? (await openStore({ directory: join(directory, "store"), limit: 100e6, log }));
  const coordinator = options.coordinator ?? (await createCoordinator({ journal: createMemoryJournal(), log }));
  const { preparing } = options;
  const bounds = new LoadedBounds();
  const files = createCatalogue(config.data.map((each, index) => (index > 0 && preparing ? { ...each, preparing } : each)));
  const catalogue = knowLoadedBounds(files, bounds);
  const compute = openCompute({ config, store, bounds, log });
  const { executor, pull } = compute.over(catalogue);
  const computed: ComputedPair[] = [];
  const { gate, gated } = gateFor(executor, computed);
  const services: Services = {
    role: "all",
    catalogue,
    coordinator,
    store,
    executor: gated,
    assets: createAssets(),
    log,
    queryFunctions: await loadQueryFunctions(),
    ...options.services,
    notReady: () => [],
  };
  const app = createApp(services);
  const pulling = await pull(coordinator, gated);
  cleanup.after(async () => {
    gate.open();
    await pulling.stop();
    await compute.workers.close();
    if (!options.coordinator) await coordinator.close();
    if (!options.store) await store.close();
    await rm(directory, { recursive: true, force: true });
  });
  const environment = { address: "address" in options ? options.address : "127.0.0.1" };
  const request = async (path: string, init?: RequestInit) => app.request(path, init, environment);
  const post = (query: unknown, headers: Readonly<Record<string, string>> = {}) =>
    request("/queries", { method: "POST", headers: { ...headers }, body: typeof query === "string" ? query : JSON.stringify(query) });
  return {
    directory,
    events,
    services,
    lines,
    computed,
    functions: app,
    gate,
    waiting: gate.waiting,
    request,
    post,
    async ask(query) {
      const first = (await (await post(query, { prefer: "wait=120" })).json()) as Status;
      let last = first;
      // A busy machine may take longer. An answer without a state is a problem document.
      if (first.state !== undefined && !isEnded(first)) {
        await until(async () => {
          last = (await (await request(`/queries/${first.id}`)).json()) as Status;
          return isEnded(last);
        }, "the query's end");
      }
      return { ...last, ...(first.submission && { submission: first.submission }) };
    },
  };
}

function gateFor(executor: Executor, computed: ComputedPair[]) {
  let opened = Promise.resolve();
  let open = () => {};
  let waiting = 0;
  const gate = {
    waiting: () => waiting,
    close() {
      opened = new Promise((resolve) => {
        open = resolve;
      });
    },
    open: () => open(),
  };
  const gated: Executor = {
    async run(request, options) {
      const { programs, dataset, partitions } = request;
      const pairs = partitions.flatMap((partition) => programs.map((programKey) => ({ programKey, dataset, ...partition })));
      const signals = pairs.map(({ programKey, fingerprint }) => options.signalOf(programKey, fingerprint));
      waiting++;
      await Promise.race([opened, Promise.all(signals.map(aborted))]);
      waiting--;
      const outcomes = await executor.run(request, options);
      computed.push(...pairs.filter((_, index) => outcomes[index]!.kind !== "undone"));
      return outcomes;
    },
  };
  return { gate, gated };
}

const aborted = (signal: AbortSignal) =>
  new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
