/**
 * Fills an empty board from a journal. Subtasks that were owned lost their claim. What only a part of a write left behind is cleared away: subtasks
 * that no query asks for (their withdrawal was under way), queries without subtasks.
 */
import { setImmediate as turn } from "node:timers/promises";
import { decideEnd, noAttempts } from "../queue/claim-end.ts";
import { Ask, AskedQuery, type AskRecord } from "./asked-query.ts";
import type { Board } from "./board.ts";
import type { Journal } from "./journal.ts";
import { SubtaskEntry, type SubtaskRecord } from "./subtask-entry.ts";
import type { Recorded } from "./write-behind.ts";

const recordsPerTurn = 2000;

export async function restoreBoard(board: Board, journal: Journal, mark: (item: Recorded) => void): Promise<void> {
  const byNumber = new Map<number, AskedQuery>();
  const subtasks: (readonly [number, SubtaskRecord])[] = [];
  let records = 0;
  for await (const [number, text] of journal.load()) {
    const record = parseRecord(number, text);
    board.reserveNumber(number);
    if ("ask" in record) restoreAsk(board, byNumber, number, record);
    else subtasks.push([number, record]);
    if (++records % recordsPerTurn === 0) await turn();
  }
  for (const [index, [number, record]] of subtasks.entries()) {
    restoreSubtask({ board, byNumber, mark }, number, record);
    if (index % recordsPerTurn === recordsPerTurn - 1) await turn();
  }
  for (const query of byNumber.values()) board.forgetIfIdle(query);
}

function parseRecord(number: number, text: string): AskRecord | SubtaskRecord {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Error(`Cannot read record ${number} of the coordinator's journal: it is damaged; delete its directory to start afresh`, {
      cause,
    });
  }
}

function restoreAsk(board: Board, byNumber: Map<number, AskedQuery>, number: number, { ask }: AskRecord): void {
  board.reserveNumber(ask.query);
  const query = byNumber.get(ask.query) ?? new AskedQuery(ask.query, ask.queryId);
  byNumber.set(ask.query, query);
  board.queries.set(ask.queryId, query);
  query.setAsk(new Ask(number, query, ask));
}

interface Restoring {
  readonly board: Board;
  readonly byNumber: ReadonlyMap<number, AskedQuery>;
  readonly mark: (item: Recorded) => void;
}

function restoreSubtask({ board, byNumber, mark }: Restoring, number: number, record: SubtaskRecord): void {
  const { subtask, state, attempts = noAttempts } = record;
  const queries = record.queries.map((query) => byNumber.get(query)).filter((query) => query !== undefined);
  const entry = new SubtaskEntry(number, subtask);
  entry.attempts = attempts;
  if (state === "begun") mark(entry);
  const lost = { kind: "lose", cause: "the process that had the subtask ended" } as const;
  const verdict = state === "begun" ? decideEnd(lost, { attempts, wanted: queries.length > 0, begun: true, stopped: false }) : undefined;
  if (verdict?.kind === "unowned" || verdict?.kind === "failed") entry.attempts = verdict.attempts;
  if (state === "failed" || verdict?.kind === "failed") {
    board.entries.set(subtask.key, entry);
    board.setFailed(entry);
  } else if (queries.length > 0) {
    board.restore(entry, queries);
  } else {
    entry.kind = "absent";
    mark(entry);
  }
}
