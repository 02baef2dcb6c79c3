/**
 * The coordinator of one process: its state is in memory and can be restored from a journal. It has the guarantees of `../coordinator.ts`.
 *
 * The results of `enqueue`, `renew`, `withdraw` and `retry` are durable when they resolve. Claims are not recorded: after a crash their subtasks wait again.
 * `begin` resolves some milliseconds later, when it is on disk that computing began, unless the claim has ended by then. How a claim ended is on disk when
 * `complete`, `fail` or `release` resolve. If the journal refuses (full disk), they resolve all the same; this is logged, and the record is written with the
 * next ones. A crash in between repeats the subtask.
 * Long lists are handled in slices, so that no call blocks the thread for long. At most `mostSubtasks` are kept: a request that would exceed
 * this is refused completely. A client's interest ends if it is not renewed for `interestTerm`; time without a running coordinator does not count.
 */
import { turn } from "../../base/turn.ts";
import {
  type Coordinator,
  CoordinatorFullError,
  type NodeSupply,
  requirePriority,
  type SubtaskRequest,
  type SubtaskState,
  usualInterestTerm,
  usualLocalityDelay,
} from "../coordinator.ts";
import { DemandTally } from "../queue/demand.ts";
import { Watchers } from "../watchers.ts";
import { EmbeddedClaims } from "./claims.ts";
import type { QueryEntry, SubtaskEntry } from "./entries.ts";
import type { Journal } from "./journal.ts";
import { restoreTable } from "./restore-table.ts";
import { SubtaskTable } from "./subtask-table.ts";
import { WriteBehind } from "./write-behind.ts";

export interface CoordinatorOptions {
  readonly journal: Journal;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
  readonly log?: { error(fields: Readonly<Record<string, unknown>>, message: string): void };
  /** The most subtasks that are unowned or owned. */
  readonly mostSubtasks?: number;
  /** Failed subtasks beyond these are forgotten, oldest first. */
  readonly mostFailed?: number;
  /** In milliseconds: how long a subtask is left to a node that is better placed for it. It has no effect with a single node. */
  readonly localityDelay?: number;
  /** In milliseconds. */
  readonly interestTerm?: number;
}

const perSlice = 1000;
const keysPerTurn = 5000;

/** How many times interest is checked within its term. */
const looksPerTerm = 24;

export async function createCoordinator(options: CoordinatorOptions): Promise<Coordinator> {
  const { journal, log, now = Date.now, mostSubtasks = 1_000_000, mostFailed = 100_000 } = options;
  const { localityDelay = usualLocalityDelay, interestTerm = usualInterestTerm } = options;
  const writer = new WriteBehind(journal);
  const watchers = new Watchers((error) => log?.error({ error }, "a watcher of subtasks threw"));
  const mark = writer.mark.bind(writer);
  const table = new SubtaskTable({ emit: (event) => watchers.emit(event), mark, mostFailed });
  const ranBefore = await restoreTable(table, journal, mark);
  await writer.flush();
  const started = now();
  /** The milliseconds for which the coordinator has run, in this process and earlier ones, as far as these were recorded. */
  const ran = () => ranBefore + now() - started;
  const written = () => writer.flush().catch((error) => log?.error({ error }, "the coordinator's journal refused a write; it is repeated"));
  const claims = new EmbeddedClaims({
    table,
    written,
    unmark: (entry) => writer.unmark(entry),
    writeAlong: journal.writeAlong,
    now,
    localityDelay,
  });
  let supply: NodeSupply | undefined;
  let isClosed = false;
  const requireOpen = () => {
    if (isClosed) throw new Error("The coordinator is closed");
  };

  /** Adds all subtasks of a request; ends early if the query is withdrawn meanwhile. */
  const addAll = async (request: SubtaskRequest, add: (subtask: SubtaskRequest["subtasks"][number], query: QueryEntry) => void) => {
    const { query, moved } = table.want(request, ran());
    query.arriving++;
    let isWritten = false;
    try {
      if (moved) await inSlices([...query.entries], (entry) => table.move(entry));
      for (let start = 0; start < request.subtasks.length && query.interests.size > 0; start += perSlice) {
        for (const subtask of request.subtasks.slice(start, start + perSlice)) add(subtask, query);
        claims.nodes.serve();
        await writer.flush();
        isWritten = true;
      }
    } finally {
      query.arriving--;
      table.forgetIfIdle(query);
    }
    // Changes that were marked after that, such as the begin of claims, or the end of the query if it is done already, need not be on disk when the request is
    // answered.
    if (!isWritten) await writer.flush();
  };

  const inSlices = async (entries: readonly SubtaskEntry[], change: (entry: SubtaskEntry) => void) => {
    for (let start = 0; start < entries.length; start += perSlice) {
      for (const entry of entries.slice(start, start + perSlice)) change(entry);
      await writer.flush();
    }
  };

  /** The number of subtasks of accepted requests that are not in the table yet. */
  let arriving = 0;

  /** Reserves space for all subtasks of a request before its first slice, so that simultaneous requests cannot exceed the limit together. */
  const reserveRoom = ({ subtasks }: SubtaskRequest): { takeOne(): void; release(): void } => {
    const live = table.live + arriving;
    const isTight = live + subtasks.length > mostSubtasks;
    let reserved = isTight ? subtasks.filter(({ key }) => !table.entries.has(key)).length : subtasks.length;
    if (live + reserved > mostSubtasks) throw new CoordinatorFullError(live, mostSubtasks);
    arriving += reserved;
    const take = (count: number) => {
      reserved -= count;
      arriving -= count;
    };
    return { takeOne: () => take(Math.min(1, reserved)), release: () => take(reserved) };
  };

  /** Ends a client's interest, and returns how many clients remain interested. */
  const withdraw = async (queryId: string, client: string): Promise<number> => {
    const query = table.queries.get(queryId);
    if (query === undefined) return 0;
    const { moved } = table.unwant(query, client);
    const interested = query.interests.size;
    if (interested === 0) await inSlices([...query.entries], (entry) => table.detach(entry, query));
    else if (moved) await inSlices([...query.entries], (entry) => table.move(entry));
    await writer.flush();
    return interested;
  };

  const endOldInterest = async () => {
    for (const { id, interests } of [...table.queries.values()]) {
      for (const { holder, renewed } of [...interests.values()]) if (ran() - renewed > interestTerm) await withdraw(id, holder);
    }
  };
  const looking = setInterval(() => {
    endOldInterest().catch((error) => log?.error({ error }, "interest that was not renewed could not be ended; it is tried again"));
  }, interestTerm / looksPerTerm);
  looking.unref();

  return {
    interestTerm,

    async enqueue(request) {
      requireOpen();
      requirePriority(request.priority);
      const room = reserveRoom(request);
      const counts = { queued: 0, joined: 0 };
      try {
        await addAll(request, (subtask, query) => {
          const admitted = table.admit(subtask, query);
          if (admitted === "queued") room.takeOne();
          counts[admitted]++;
        });
      } finally {
        room.release();
      }
      return counts;
    },

    async retry(request) {
      requireOpen();
      requirePriority(request.priority);
      let retried = 0;
      await addAll(request, (subtask, query) => {
        if (table.retry(subtask.key, query)) retried++;
      });
      return retried;
    },

    async states(keys) {
      const states = new Map<string, SubtaskState>();
      for (const [index, key] of keys.entries()) {
        if (index % keysPerTurn === keysPerTurn - 1) await turn();
        const state = table.entries.get(key)?.state();
        if (state !== undefined) states.set(key, state);
      }
      return states;
    },

    async renew(queryId, client) {
      requireOpen();
      const interest = table.queries.get(queryId)?.interests.get(client);
      if (interest === undefined) return false;
      table.renew(interest, ran());
      await writer.flush();
      return true;
    },

    interest: async (queryIds) => new Map(queryIds.map((id) => [id, table.queries.get(id)?.interests.size ?? 0])),

    async withdraw(queryId, client) {
      requireOpen();
      const clients = client === undefined ? [...(table.queries.get(queryId)?.interests.keys() ?? [])] : [client];
      let interested = 0;
      for (const each of clients) interested = await withdraw(queryId, each);
      return { interested };
    },

    watch: (keys, listener, signal) => watchers.watch(keys, listener, signal),

    async join(node) {
      requireOpen();
      return claims.join(node);
    },
    nodes: async () => [...claims.nodes.all].map((node) => node.describe(now())),

    async publishSupply(next) {
      supply = next;
    },
    supply: async () => supply,

    async demand() {
      const tally = new DemandTally();
      let seen = 0;
      for (const entry of table.entries.values()) {
        const state = entry.demandState(now);
        if (state !== undefined) tally.add(entry.subtask, state);
        if (++seen % keysPerTurn === 0) await turn();
      }
      return tally.demands;
    },

    async close() {
      if (isClosed) return;
      isClosed = true;
      clearInterval(looking);
      claims.nodes.close(new Error("The coordinator is closed"));
      await writer.flush();
      await journal.close();
    },
  };
}
