/**
 * Fills an empty table from a journal. A claim that had begun was lost with the process. What only a part of a write left behind is cleared away: subtasks
 * that no query needs (their withdrawal was under way), queries without subtasks.
 * Gives the milliseconds for which the coordinator had run when it last heard of interest.
 */
import { setImmediate as turn } from "node:timers/promises";
import { decideEnd, noAttempts } from "../queue/claim-end.ts";
import { Interest, type InterestRecord, QueryEntry, SubtaskEntry, type SubtaskRecord } from "./entries.ts";
import type { Journal } from "./journal.ts";
import type { SubtaskTable } from "./subtask-table.ts";
import type { Recorded } from "./write-behind.ts";

const recordsPerTurn = 2000;

export async function restoreTable(table: SubtaskTable, journal: Journal, mark: (item: Recorded) => void): Promise<number> {
  const byNumber = new Map<number, QueryEntry>();
  const subtasks: (readonly [number, SubtaskRecord])[] = [];
  let records = 0;
  let ran = 0;
  for await (const [number, text] of journal.load()) {
    const record = parseRecord(number, text);
    table.reserveNumber(number);
    if ("interest" in record) {
      restoreInterest(table, byNumber, number, record);
      ran = Math.max(ran, record.interest.renewed);
    } else subtasks.push([number, record]);
    if (++records % recordsPerTurn === 0) await turn();
  }
  for (const [index, [number, record]] of subtasks.entries()) {
    restoreSubtask({ table, byNumber, mark }, number, record);
    if (index % recordsPerTurn === recordsPerTurn - 1) await turn();
  }
  for (const query of byNumber.values()) table.forgetIfIdle(query);
  return ran;
}

function parseRecord(number: number, text: string): InterestRecord | SubtaskRecord {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Error(`Cannot read record ${number} of the coordinator's journal: it is damaged; delete its directory to start afresh`, {
      cause,
    });
  }
}

function restoreInterest(table: SubtaskTable, byNumber: Map<number, QueryEntry>, number: number, { interest }: InterestRecord): void {
  table.reserveNumber(interest.query);
  const query = byNumber.get(interest.query) ?? new QueryEntry(interest.query, interest.queryId);
  byNumber.set(interest.query, query);
  table.queries.set(interest.queryId, query);
  query.setInterest(new Interest(number, query, interest));
}

interface Restoring {
  readonly table: SubtaskTable;
  readonly byNumber: ReadonlyMap<number, QueryEntry>;
  readonly mark: (item: Recorded) => void;
}

function restoreSubtask({ table, byNumber, mark }: Restoring, number: number, record: SubtaskRecord): void {
  const { subtask, state, attempts = noAttempts } = record;
  const queries = record.queries.map((query) => byNumber.get(query)).filter((query) => query !== undefined);
  const entry = new SubtaskEntry(number, subtask);
  entry.attempts = attempts;
  if (state === "begun") mark(entry);
  const lost = { kind: "lose", cause: "the process that had the subtask ended" } as const;
  const verdict = state === "begun" ? decideEnd(lost, { attempts, wanted: queries.length > 0, begun: true, stopped: false }) : undefined;
  if (verdict?.kind === "unowned" || verdict?.kind === "failed") entry.attempts = verdict.attempts;
  if (state === "failed" || verdict?.kind === "failed") {
    table.entries.set(subtask.key, entry);
    table.setFailed(entry);
  } else if (queries.length > 0) {
    table.restore(entry, queries);
  } else {
    entry.kind = "absent";
    mark(entry);
  }
}
