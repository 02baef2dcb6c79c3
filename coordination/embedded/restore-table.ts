/**
 * Fills an empty table from a journal. A begun claim counts as lost with the process. Remains of incomplete writes are removed: subtasks that no query
 * needs, since they were being withdrawn, and queries without subtasks.
 * Returns the milliseconds for which the coordinator had run when interest was last renewed.
 */
import { turn } from "../../base/turn.ts";
import { decideEnd, noAttempts } from "../queue/claim-end.ts";
import {
  Interest,
  type InterestRecord,
  ProgramEntry,
  type ProgramRecord,
  QueryEntry,
  SubtaskEntry,
  type SubtaskRecord,
} from "./entries.ts";
import type { Journal } from "./journal.ts";
import type { SubtaskTable } from "./subtask-table.ts";
import type { Recorded } from "./write-behind.ts";

const recordsPerTurn = 2000;

export async function restoreTable(table: SubtaskTable, journal: Journal, mark: (item: Recorded) => void): Promise<number> {
  const byNumber = new Map<number, QueryEntry>();
  const programs = new Map<number, ProgramEntry>();
  const subtasks: (readonly [number, SubtaskRecord])[] = [];
  let records = 0;
  let ran = 0;
  for await (const [number, text] of journal.load()) {
    const record = parseRecord(number, text);
    table.reserveNumber(number);
    if ("interest" in record) {
      restoreInterest(table, byNumber, number, record);
      ran = Math.max(ran, record.interest.renewed);
    } else if ("program" in record) {
      const program = new ProgramEntry(number, record.program);
      programs.set(number, program);
      table.restoreProgram(program);
    } else subtasks.push([number, record]);
    if (++records % recordsPerTurn === 0) await turn();
  }
  for (const [index, [number, record]] of subtasks.entries()) {
    restoreSubtask({ table, byNumber, programs, mark }, number, record);
    if (index % recordsPerTurn === recordsPerTurn - 1) await turn();
  }
  for (const query of byNumber.values()) table.forgetIfIdle(query);
  for (const program of programs.values()) table.forgetUnused(program);
  return ran;
}

function parseRecord(number: number, text: string): InterestRecord | ProgramRecord | SubtaskRecord {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw damaged(number, { cause });
  }
}

const damaged = (number: number, options?: ErrorOptions): Error =>
  new Error(`Cannot read record ${number} of the coordinator's journal: it is damaged; delete its directory to start afresh`, options);

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
  readonly programs: ReadonlyMap<number, ProgramEntry>;
  readonly mark: (item: Recorded) => void;
}

function restoreSubtask({ table, byNumber, programs, mark }: Restoring, number: number, record: SubtaskRecord): void {
  const { subtask, of, state, attempts = noAttempts } = record;
  const program = programs.get(of);
  if (program === undefined) throw damaged(number);
  const queries = record.queries.map((query) => byNumber.get(query)).filter((query) => query !== undefined);
  const entry = new SubtaskEntry(number, { ...subtask, ...program.about }, program);
  entry.attempts = attempts;
  if (state === "begun") mark(entry);
  const lost = { kind: "lose", cause: "the process that had the subtask ended" } as const;
  const verdict = state === "begun" ? decideEnd(lost, { attempts, wanted: queries.length > 0, begun: true, stopped: false }) : undefined;
  if (verdict?.kind === "unowned" || verdict?.kind === "failed") entry.attempts = verdict.attempts;
  if (state === "failed" || verdict?.kind === "failed") {
    table.restoreFailed(entry);
  } else if (queries.length > 0) {
    table.restore(entry, queries);
  } else {
    entry.kind = "absent";
    mark(entry);
  }
}
