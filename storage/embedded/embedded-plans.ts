/** Plans in the embedded store: `plan:KEY` has what is not partitions, `piece N:KEY` some of these. */

import { setImmediate as turn } from "node:timers/promises";
import { subtaskKey } from "../../base/subtask-key.ts";
import { decodeJson, encodeJson, headOfPlan, joinPlan, type PlanHead, pieceOfPlan } from "../records.ts";
import type { StoredPartition, StoredPlan } from "../store.ts";
import type { BoundedTable } from "./bounded-table.ts";

/** The head goes last: a plan is there when all of it is. */
export async function putPlan(records: BoundedTable, plan: StoredPlan): Promise<void> {
  const head = headOfPlan(plan);
  for (let piece = 0; piece < head.pieces; piece++) {
    await records.replace(pieceKey(plan.planKey, piece), encodeJson(pieceOfPlan(plan, piece)));
  }
  await records.replace(`plan:${plan.planKey}`, encodeJson(head));
}

/** Undefined also where a piece was evicted. */
async function getPlan(records: BoundedTable, planKey: string): Promise<StoredPlan | undefined> {
  const head = await getHead(records, planKey);
  if (head === undefined) return undefined;
  const pieces: (readonly StoredPartition[])[] = [];
  for (let piece = 0; piece < head.pieces; piece++) {
    const part = await getPiece(records, planKey, piece);
    if (part === undefined) return undefined;
    pieces.push(part);
  }
  return joinPlan(head, pieces);
}

/** Those of the keys that are there whole. */
export async function getPlans(records: BoundedTable, planKeys: readonly string[]): Promise<ReadonlyMap<string, StoredPlan>> {
  const found = new Map<string, StoredPlan>();
  for (const planKey of planKeys) {
    const plan = await getPlan(records, planKey);
    if (plan) found.set(planKey, plan);
  }
  return found;
}

export async function hasPlan(records: BoundedTable, planKey: string): Promise<boolean> {
  const head = await getHead(records, planKey);
  return head !== undefined && records.sizes(pieceKeys(head)).size === head.pieces;
}

/** Renews the last use of a plan and its program. */
export async function renewPlan(records: BoundedTable, planKey: string): Promise<void> {
  const head = await getHead(records, planKey);
  if (head) await records.find([`program:${head.programKey}`, ...pieceKeys(head)]);
}

/** Keys of the other plans of its program. */
export async function otherPlans(records: BoundedTable, planKey: string): Promise<readonly string[]> {
  const own = await getHead(records, planKey);
  const others: string[] = [];
  if (own === undefined) return others;
  for await (const { body } of records.scan("plan:")) {
    const head = decodeJson<PlanHead>(body);
    if (head.programKey === own.programKey && head.planKey !== planKey) others.push(head.planKey);
  }
  return others;
}

/** Keys of a plan's partials, a piece at a time. */
export async function* partialKeysOf(records: BoundedTable, planKey: string): AsyncGenerator<readonly string[]> {
  const head = await getHead(records, planKey);
  for (let piece = 0; head && piece < head.pieces; piece++) {
    const partitions = (await getPiece(records, planKey, piece)) ?? [];
    yield partitions.map(({ fingerprint }) => subtaskKey(head.programKey, fingerprint));
  }
}

export async function dropPlan(records: BoundedTable, planKey: string): Promise<void> {
  const head = await getHead(records, planKey);
  if (head === undefined) return;
  await records.drop(pieceKeys(head));
  await records.drop([`plan:${planKey}`]);
}

async function getHead(records: BoundedTable, planKey: string): Promise<PlanHead | undefined> {
  const bytes = await records.get(`plan:${planKey}`);
  return bytes && decodeJson<PlanHead>(bytes);
}

async function getPiece(records: BoundedTable, planKey: string, piece: number): Promise<readonly StoredPartition[] | undefined> {
  if (piece > 0) await turn();
  const bytes = await records.get(pieceKey(planKey, piece));
  return bytes && decodeJson<readonly StoredPartition[]>(bytes);
}

const pieceKey = (planKey: string, piece: number): string => `piece ${piece}:${planKey}`;

const pieceKeys = ({ planKey, pieces }: PlanHead): readonly string[] =>
  Array.from({ length: pieces }, (_, piece) => pieceKey(planKey, piece));
