/** Statuses as JSON, each written once for all who follow the query. */
import type { Status } from "../api.ts";
import type { Followed } from "./dispatcher.ts";
import type { Progress } from "./progress.ts";

export interface WrittenStatus {
  readonly state: Status["state"];
  readonly text: string;
  /** Milliseconds that writing it took. */
  readonly took: number;
}

export class WrittenStatuses {
  readonly #written = new WeakMap<Progress, { readonly version: number; readonly texts: Map<string, WrittenStatus> }>();

  get({ progress, query }: Followed, state: Status["state"], describe: () => Status): WrittenStatus {
    const kept = progress && this.#written.get(progress);
    const version = progress?.version ?? 0;
    const known = kept?.version === version ? kept.texts.get(query.id) : undefined;
    if (known?.state === state) return known;
    const start = performance.now();
    const text = JSON.stringify(describe());
    const written: WrittenStatus = { state, text, took: performance.now() - start };
    if (!progress) return written;
    const texts = kept?.version === version ? kept.texts : new Map<string, WrittenStatus>();
    this.#written.set(progress, { version, texts: texts.set(query.id, written) });
    return written;
  }
}
