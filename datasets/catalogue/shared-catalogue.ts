/**
 * Finds datasets by name, for all processes that share a store: each knows the datasets with which the others were started.
 *
 * Within two beats of a change, a name stands for the same files in every process; `decide-registration.ts` decides for which. A registered dataset stays known
 * when its process ends, until it is removed. While the store cannot be reached, known datasets stay known, and those with which this process was started are
 * used as they were given. Only patterns that an operator gave to a process are opened.
 */

import { hostname } from "node:os";
import type { Log } from "../../base/log.ts";
import type { Registration } from "../../base/registration.ts";
import { baseName, type Catalogue, type Dataset, DatasetError, type LookOptions } from "../dataset.ts";
import { required } from "./catalogue.ts";
import { CurrentDataset, type DatasetEntry } from "./current-dataset.ts";
import { refuseBadName } from "./data-option.ts";
import { DescriptionStore } from "./description-store.ts";
import type { MetadataStore } from "./metadata-store.ts";
import { type OwnDataset, RegisteredNames, type Registry } from "./registered-names.ts";

export interface SharedCatalogue extends Catalogue {
  /** Resolves after the first attempt to learn what is registered. */
  readonly opened: Promise<void>;
  /** Releases what this process holds. */
  close(): Promise<void>;
}

export interface SharedCatalogueOptions {
  /** The datasets with which this process was started. Their patterns are absolute. */
  readonly entries: readonly DatasetEntry[];
  readonly store: Registry & MetadataStore;
  /** The name of this process, for people. */
  readonly by: string;
  /** Whether no other process uses the store, so that whoever registered before is gone. */
  readonly isAlone: boolean;
  readonly log: Log;
  /** The least entries of partitions, for files whose partitions are not recorded yet. */
  readonly partitionEvents?: number;
  /** Called once if `entries` is empty, with what is registered. It may return a dataset for this process to have nevertheless. */
  readonly otherwise?: (registered: readonly Registration[]) => Promise<DatasetEntry | undefined>;
  /** The milliseconds between looks at what is registered. Processes that hold a registration write it as often. */
  readonly beat?: number;
  /** In milliseconds since the epoch. */
  readonly now?: () => number;
}

interface Known {
  readonly current: CurrentDataset;
  readonly pattern: string;
  readonly registration?: Registration;
  /** The pattern with which this process was started, if it is another one. */
  readonly wanted?: string;
}

/** The least milliseconds between two looks that requests cause. */
const leastPause = 1_000;

/** Creates the catalogue. Throws `DatasetError` for a malformed name. */
export function createSharedCatalogue(options: SharedCatalogueOptions): SharedCatalogue {
  const { store, log, beat = 10_000, now = Date.now, partitionEvents } = options;
  const describing = { stored: new DescriptionStore(store, log), ...(partitionEvents !== undefined && { partitionEvents }) };
  const registeredNames = new RegisteredNames({ ...options, registry: store, beat, now });
  const own = new Map<string, DatasetEntry>();
  const known = new Map<string, Known>();
  let isAsked = options.entries.length > 0;
  let isClosed = false;
  /** Whether the store has ever answered what is registered, and why it did not the last time. */
  let hasAnswered = false;
  let failure: unknown;
  let lastLook = Number.NEGATIVE_INFINITY;
  let looking: Promise<void> | undefined;
  for (const entry of options.entries) adopt(entry);
  const opened = look();
  const beating = setInterval(() => void look(), beat);

  return {
    opened,
    names: () => [...known.keys()],
    async refresh() {
      await refresh();
      if (known.size === 0) requireAnswer();
    },
    async get(name, options) {
      await opened;
      if (!known.has(name)) {
        await refresh();
        if (!known.has(name)) requireAnswer();
      }
      const dataset = known.get(name);
      return dataset && (await lookAt(name, dataset, options));
    },
    async locate(name, partition, column, form) {
      await opened;
      return await required(known.get(name)?.current, name, partition).locate(partition, column, form);
    },
    async bounds(name, partition, columns) {
      await opened;
      return await required(known.get(name)?.current, name, partition).bounds(partition, columns);
    },
    async forget(name) {
      await look();
      const registration = known.get(name)?.registration;
      if (own.has(name) || (registration && registeredNames.isHeld(registration))) return "in-use";
      if (!registration || !(await store.removeDataset(name, registration.revision))) return "unknown";
      known.delete(name);
      return "forgotten";
    },
    async close() {
      isClosed = true;
      clearInterval(beating);
      await looking;
      const held = [...own.values()].map(({ name, pattern }) => ({ pattern, registration: known.get(name)?.registration }));
      for (const { pattern, registration } of held) {
        if (registration?.held && registration.pattern === pattern) await registeredNames.release(registration);
      }
    },
  };

  function adopt(entry: DatasetEntry): void {
    refuseBadName(entry.name);
    own.set(entry.name, entry);
    known.set(entry.name, { current: new CurrentDataset(entry, describing), pattern: entry.pattern });
  }

  async function refresh(): Promise<void> {
    if (now() - lastLook >= leastPause) await look();
    else await looking;
  }

  function look(): Promise<void> {
    if (isClosed) return Promise.resolve();
    looking ??= lookNow().finally(() => {
      looking = undefined;
    });
    return looking;
  }

  async function lookNow(): Promise<void> {
    try {
      const found = await store.listDatasets();
      hasAnswered = true;
      if (!isAsked) {
        const entry = await options.otherwise?.(found);
        isAsked = true;
        if (entry) adopt(entry);
      }
      const published = await Promise.all([...own.values()].filter(({ isPrivate }) => !isPrivate).map(describeOwn));
      learn(await registeredNames.look(published, found));
    } catch (error) {
      failure = error;
      log.warn({ err: error }, "the store cannot say which datasets are registered; trying again");
    }
    lastLook = now();
  }

  /** Throws if the store has never answered, since then nobody can say that a dataset does not exist. */
  function requireAnswer(): void {
    if (!hasAnswered && failure !== undefined) throw failure;
  }

  async function describeOwn({ name, pattern }: DatasetEntry): Promise<OwnDataset> {
    const last = known.get(name);
    const content = last?.pattern === pattern ? await last.current.describeContent() : undefined;
    return { name, pattern, ...(content && { content }) };
  }

  function learn(registered: readonly Registration[]): void {
    const byName = new Map(registered.map((each) => [each.name, each]));
    for (const name of known.keys()) if (!own.has(name) && !byName.has(name)) known.delete(name);
    for (const name of new Set([...own.keys(), ...[...byName.keys()].toSorted()])) {
      const registration = own.get(name)?.isPrivate ? undefined : byName.get(name);
      known.set(name, describeKnown(name, registration));
    }
  }

  function describeKnown(name: string, registration: Registration | undefined): Known {
    const mine = own.get(name);
    const before = known.get(name);
    const pattern = registration?.pattern ?? mine!.pattern;
    const entry = mine?.pattern === pattern ? mine : { name, pattern };
    const current = before?.pattern === pattern ? before.current : new CurrentDataset(entry, describing);
    const wanted = mine && mine.pattern !== pattern ? mine.pattern : undefined;
    if (wanted !== undefined && before?.wanted === undefined) {
      const fields = { dataset: name, wanted, pattern, by: registration?.by };
      log.error(fields, "the dataset's name stands for other files than this process was started with; give these another name");
    }
    return { current, pattern, ...(registration && { registration }), ...(wanted !== undefined && { wanted }) };
  }

  async function lookAt(name: string, { current, registration, wanted }: Known, options?: LookOptions): Promise<Dataset> {
    try {
      const dataset = await current.look(options);
      if (wanted === undefined || !registration) return dataset;
      const meaning = `${name} stands for ${baseName(registration.pattern)}, as ${registration.by} registered it`;
      const notice = `${meaning}; this process was started with ${baseName(wanted)}: give that another name`;
      return { ...dataset, notices: [notice, ...(dataset.notices ?? [])] };
    } catch (error) {
      if (!(error instanceof DatasetError) || own.has(name) || !registration) throw error;
      const files = registration.content ? ` with ${registration.content.files} files` : "";
      const advice = `${registration.by} registered it${files}, and the same paths must be readable on ${hostname()}`;
      throw new DatasetError(`${error.message}; ${advice}`, { cause: error, permanent: error.permanent });
    }
  }
}
