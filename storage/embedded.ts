/**
 * The store of one process, on its own disk (LMDB).
 *
 * Promises what `store.ts` does; a resolved put also survives a power cut, as far as the disk keeps what it acknowledged. One process at a time has
 * the directory; another is refused. Partials and results share one bound; programs, plans and queries share a second, smaller one, so that
 * nothing grows for ever: what was not used for longest goes first, unless its plan is pinned.
 * The file on disk never shrinks, and is up to about twice the bounds: LMDB stores whole pages of 4 kB.
 */
import { setImmediate as turn } from "node:timers/promises";
import { BoundedTable } from "./bounded-table.ts";
import { type EnvironmentLog, openEnvironment } from "./environment.ts";
import { Pins } from "./pins.ts";
import { decodeJson, decodeProgram, encodeJson, encodeProgram, headOfPlan, joinPlan, type PlanHead, pieceOfPlan } from "./records.ts";
import type { Store, StoredPartition, StoredPlan, StoredQuery } from "./store.ts";

export interface StoreOptions {
  /** Created where it is absent; belongs to the store alone. */
  readonly directory: string;
  /** Bytes of partials and results. */
  readonly limit?: number;
  /** Bytes of programs, plans and queries. */
  readonly recordLimit?: number;
  readonly log?: EnvironmentLog;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
}

const keysPerTurn = 1000;

/** Throws `StoreError` for a directory that is in use, foreign, damaged or not writable. */
export async function openStore(options: StoreOptions): Promise<Store> {
  const { directory, limit = 2 * 1024 ** 3, recordLimit = 256 * 1024 ** 2, log, now = Date.now } = options;
  const environment = await openEnvironment({ directory, ...(log === undefined ? {} : { log }) });
  const pins = new Pins();
  const shared = {
    now,
    /** Keys are KIND:KEY; KEY is what callers pin. */
    isPinned: (key: string) => pins.has(key.slice(key.indexOf(":") + 1)),
    onUnwritten: (error: unknown) => log?.warn({ directory, error }, "times of last use could not be written"),
  };
  try {
    const bodies = new BoundedTable(environment, { name: "bodies", limit, ...shared });
    const records = new BoundedTable(environment, { name: "records", limit: recordLimit, ...shared });
    return createStore({ bodies, records, pins, close: () => environment.close() });
  } catch (error) {
    await environment.close();
    throw error;
  }
}

interface Parts {
  readonly bodies: BoundedTable;
  readonly records: BoundedTable;
  readonly pins: Pins;
  readonly close: () => Promise<void>;
}

function createStore({ bodies, records, pins, close }: Parts): Store {
  return {
    putProgram: (program) => records.replace(`program:${program.programKey}`, encodeProgram(program)),
    async getProgram(programKey) {
      const bytes = await records.get(`program:${programKey}`);
      return bytes && decodeProgram(bytes);
    },
    putPlan: (plan) => putPlan(records, plan),
    getPlan: (planKey) => getPlan(records, planKey),
    putQuery: (query) => records.replace(`query:${query.id}`, encodeJson(query)),
    async getQuery(id) {
      const bytes = await records.get(`query:${id}`);
      return bytes && decodeJson<StoredQuery>(bytes);
    },

    putPartial: (subtaskKey, body) => bodies.insert(`partial:${subtaskKey}`, body),
    getPartial: (subtaskKey) => bodies.get(`partial:${subtaskKey}`),
    async findPartials(subtaskKeys) {
      const found = new Set<string>();
      for (let start = 0; start < subtaskKeys.length; start += keysPerTurn) {
        if (start > 0) await turn();
        const keys = subtaskKeys.slice(start, start + keysPerTurn);
        for (const key of await bodies.find(keys.map((key) => `partial:${key}`))) found.add(key.slice("partial:".length));
      }
      return found;
    },
    dropPartial: (subtaskKey) => bodies.drop(`partial:${subtaskKey}`),

    putResult: (planKey, body) => bodies.insert(`result:${planKey}`, body),
    getResult: (planKey) => bodies.get(`result:${planKey}`),

    pin: (keys) => pins.pin(keys),
    usage: async () => bodies.usage(),
    close,
  };
}

/** The head goes last: a plan is there when all of it is. */
async function putPlan(records: BoundedTable, plan: StoredPlan): Promise<void> {
  const head = headOfPlan(plan);
  for (let piece = 0; piece < head.pieces; piece++) {
    await records.replace(`piece ${piece}:${plan.planKey}`, encodeJson(pieceOfPlan(plan, piece)));
  }
  await records.replace(`plan:${plan.planKey}`, encodeJson(head));
}

/** Undefined also where a piece was evicted. */
async function getPlan(records: BoundedTable, planKey: string): Promise<StoredPlan | undefined> {
  const bytes = await records.get(`plan:${planKey}`);
  if (bytes === undefined) return undefined;
  const head = decodeJson<PlanHead>(bytes);
  const pieces: (readonly StoredPartition[])[] = [];
  for (let piece = 0; piece < head.pieces; piece++) {
    if (piece > 0) await turn();
    const part = await records.get(`piece ${piece}:${planKey}`);
    if (part === undefined) return undefined;
    pieces.push(decodeJson<readonly StoredPartition[]>(part));
  }
  return joinPlan(head, pieces);
}
