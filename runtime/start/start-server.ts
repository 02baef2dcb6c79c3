/**
 * Starts one process with everything that its role needs: HTTP, store, coordinator, datasets and, if it computes, worker threads and the pull loop.
 *
 * It listens first: the page is available immediately, and other requests wait instead of failing while the rest is opened. Datasets are read and the demo
 * dataset is made afterwards, in the background. All open parts are closed, last first, by `stop` or when a later step fails.
 */

import process from "node:process";
import type { Log } from "../../base/log.ts";
import { findSelection } from "../../datasets/catalogue/split-tree.ts";
import { DatasetError } from "../../datasets/dataset.ts";
import { fileEndings } from "../../datasets/formats.ts";
import { showPath } from "../../datasets/sources/shown-path.ts";
import { sourceOf } from "../../datasets/sources/sources.ts";
import { roles } from "../../functions/roles.ts";
import { createMeter } from "../observe/prometheus.ts";
import { createAssets } from "../serve/assets.ts";
import { boundRequests } from "../serve/bound-requests.ts";
import { findAddress } from "../serve/find-address.ts";
import { oneRequestATurn } from "../serve/one-request-a-turn.ts";
import { refuseForeignHosts } from "../serve/refuse-foreign-hosts.ts";
import { grace, serve, urlOf } from "../serve/serve.ts";
import { serveEarly } from "../serve/serve-early.ts";
import type { Config } from "./config/config.ts";
import { OpenedParts } from "./opened-parts.ts";
import { StartError } from "./start-error.ts";

/** The milliseconds for which the start waits until distant hosts tell of their files. */
const mostLook = 10_000;

export interface Server {
  readonly url: string;
  readonly datasets: readonly string[];
  /** Releases running subtasks and ends everything; never rejects. */
  stop(): Promise<void>;
}

/** Rejects with `StartError` if the operator can mend the problem. */
export async function startServer(config: Config, log: Log): Promise<Server> {
  const opened = new OpenedParts();
  const stopping = new AbortController();
  const stop = () => {
    stopping.abort(new Error("The server is stopping"));
    return opened.closeAll(log);
  };
  try {
    // `datasets/sources/` reads this variable, on all threads.
    if (config.tokenFile !== undefined) process.env.FEMTOQ_TOKEN_FILE = config.tokenFile;
    await requireFiles(config);
    const assets = createAssets();
    const early = serveEarly({ servesPage: roles[config.role].serves.includes("page"), assets });
    const meter = createMeter({ log });
    const bounded = boundRequests(oneRequestATurn(early.handler), { most: config.mostRequests, meter });
    const known = refuseForeignHosts(bounded, { boundTo: config.host, allowed: config.allowHost });
    const listening = await serve(findAddress(known, config.trustProxy), config);
    opened.add("HTTP server", () => listening.close(grace));
    // Loaded only now, when requests can already wait here, since it loads most of the program.
    const { openServices } = await import("./open-services.ts");
    const { handler, datasets } = await openServices({ config, log, meter, assets, opened, listening, stopping: stopping.signal });
    early.handOver(handler);
    return { url: urlOf({ host: config.host, port: listening.port }), datasets, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function requireFiles({ data }: Config): Promise<void> {
  const signal = AbortSignal.timeout(mostLook);
  for (const { name, pattern } of data) {
    const { files: selected } = await findSelection(pattern);
    const what = `Cannot use --data ${name}=${showPath(pattern)}`;
    try {
      const { files } = await sourceOf(selected).list(selected, { endings: fileEndings, signal });
      if (files.length === 0) throw new StartError(`${what}: no file matches; check the path`, { exitCode: 2 });
    } catch (cause) {
      // A host that does not answer now may answer later.
      if (signal.aborted || (cause instanceof DatasetError && !cause.permanent)) continue;
      throw cause instanceof DatasetError ? new StartError(`${what}: ${cause.message}`, { cause, exitCode: 2 }) : cause;
    }
  }
}
