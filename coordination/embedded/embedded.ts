/**
 * The coordinator of one process: state in memory, recoverable from a journal. Promises what `coordinator.ts` does.
 *
 * What `enqueue`, `renew`, `withdraw` and `retry` resolved with is durable. A claim is written at once but handed out before that is done: a
 * crash within that millisecond does not count as a lost claim. How it went is written before `complete`, `fail` or `release` resolve; where the
 * journal refuses (full disk) they resolve all the same, it is logged and written with what comes next, and a crash in between repeats the subtask.
 * Long lists are worked through in slices, so that no call holds the thread for long. At most `mostSubtasks` are kept: a request that would exceed
 * them is refused whole.
 */
import { setImmediate as turn } from "node:timers/promises";
import { type Coordinator, CoordinatorFullError, type SubtaskRequest, type SubtaskState, usualLocalityDelay } from "../coordinator.ts";
import { DemandTally } from "../queue/demand.ts";
import type { AskedQuery } from "./asked-query.ts";
import { Board } from "./board.ts";
import type { Journal } from "./journal.ts";
import { Members } from "./members.ts";
import { restoreBoard } from "./restore-board.ts";
import type { SubtaskEntry } from "./subtask-entry.ts";
import { Watchers } from "./watchers.ts";
import { WriteBehind } from "./write-behind.ts";

export interface CoordinatorOptions {
  readonly journal: Journal;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
  readonly log?: { error(fields: Readonly<Record<string, unknown>>, message: string): void };
  /** Most subtasks that are unowned or owned. */
  readonly mostSubtasks?: number;
  /** Failed subtasks beyond these are forgotten, oldest first. */
  readonly mostFailed?: number;
  /** Milliseconds for which a subtask is left to a node that is better placed for it. Of no effect while there is one node. */
  readonly localityDelay?: number;
}

const perSlice = 1000;
const keysPerTurn = 5000;

export async function createCoordinator(options: CoordinatorOptions): Promise<Coordinator> {
  const { journal, log, now = Date.now, mostSubtasks = 1_000_000, mostFailed = 100_000, localityDelay = usualLocalityDelay } = options;
  const writer = new WriteBehind(journal);
  const watchers = new Watchers((error) => log?.error({ error }, "a watcher of subtasks threw"));
  const mark = writer.mark.bind(writer);
  const board = new Board({ emit: (event) => watchers.emit(event), mark, mostFailed });
  await restoreBoard(board, journal, mark);
  await writer.flush();
  const settled = () => writer.flush().catch((error) => log?.error({ error }, "the coordinator's journal refused a write; it is repeated"));
  const members = new Members({ board, settled, now, localityDelay });
  let isClosed = false;
  const requireOpen = () => {
    if (isClosed) throw new Error("The coordinator is closed");
  };

  /** Ends early where the query is withdrawn meanwhile. */
  const addAll = async (request: SubtaskRequest, add: (subtask: SubtaskRequest["subtasks"][number], query: AskedQuery) => void) => {
    const { query, moved } = board.ask(request);
    query.arriving++;
    try {
      if (moved) await inSlices([...query.entries], (entry) => board.place(entry));
      for (let start = 0; start < request.subtasks.length && query.asks.size > 0; start += perSlice) {
        for (const subtask of request.subtasks.slice(start, start + perSlice)) add(subtask, query);
        members.serve();
        await writer.flush();
      }
    } finally {
      query.arriving--;
      board.forgetIfIdle(query);
    }
    await writer.flush();
  };

  const inSlices = async (entries: readonly SubtaskEntry[], change: (entry: SubtaskEntry) => void) => {
    for (let start = 0; start < entries.length; start += perSlice) {
      for (const entry of entries.slice(start, start + perSlice)) change(entry);
      await writer.flush();
    }
  };

  const requireRoom = ({ subtasks }: SubtaskRequest) => {
    const { unowned, owned } = board.counts();
    if (unowned + owned + subtasks.length <= mostSubtasks) return;
    const added = subtasks.filter(({ key }) => !board.entries.has(key)).length;
    if (unowned + owned + added > mostSubtasks) throw new CoordinatorFullError(unowned + owned, mostSubtasks);
  };

  return {
    async enqueue(request) {
      requireOpen();
      checkPriority(request.priority);
      requireRoom(request);
      const counts = { queued: 0, joined: 0 };
      await addAll(request, (subtask, query) => {
        counts[board.admit(subtask, query)]++;
      });
      return counts;
    },

    async retry(request) {
      requireOpen();
      checkPriority(request.priority);
      let retried = 0;
      await addAll(request, (subtask, query) => {
        if (board.retry(subtask.key, query)) retried++;
      });
      return retried;
    },

    async states(keys) {
      const states = new Map<string, SubtaskState>();
      for (const [index, key] of keys.entries()) {
        if (index % keysPerTurn === keysPerTurn - 1) await turn();
        const state = board.entries.get(key)?.state();
        if (state !== undefined) states.set(key, state);
      }
      return states;
    },

    async renew(queryId, client) {
      requireOpen();
      return board.queries.get(queryId)?.asks.has(client) ?? false;
    },

    interest: async (queryIds) => new Map(queryIds.map((id) => [id, board.queries.get(id)?.asks.size ?? 0])),

    async withdraw(queryId, client) {
      requireOpen();
      const query = board.queries.get(queryId);
      if (query === undefined) return { interested: 0 };
      const { moved } = board.unask(query, client);
      const interested = query.asks.size;
      if (interested === 0) await inSlices([...query.entries], (entry) => board.detach(entry, query));
      else if (moved) await inSlices([...query.entries], (entry) => board.place(entry));
      await writer.flush();
      return { interested };
    },

    watch: (keys, listener, signal) => watchers.watch(keys, listener, signal),

    async join(node) {
      requireOpen();
      return members.join(node);
    },
    nodes: async () => members.nodes(),

    async demand() {
      const tally = new DemandTally();
      let seen = 0;
      for (const entry of board.entries.values()) {
        const state = entry.demandState(now);
        if (state !== undefined) tally.add(entry.subtask, state);
        if (++seen % keysPerTurn === 0) await turn();
      }
      return tally.demands;
    },

    async close() {
      if (isClosed) return;
      isClosed = true;
      members.close(new Error("The coordinator is closed"));
      await writer.flush();
      await journal.close();
    },
  };
}

function checkPriority(priority: number): void {
  if (Number.isInteger(priority) && priority >= 0 && priority <= 999) return;
  throw new RangeError(`Cannot queue with priority ${priority}: it is a whole number from 0 to 999`);
}
