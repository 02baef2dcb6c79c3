/** Query + dataset → plan: the program, its key, the partitions in order, and who the query is. Pure but for hashing. */

import { subtaskKey } from "../../../base/subtask-key.ts";
import { perTurn, turn } from "../../../base/turn.ts";
import type { Subtask } from "../../../coordination/coordinator.ts";
import { baseName, type Dataset, type Partition } from "../../../datasets/dataset.ts";
import { compileProgram } from "../../../engine/compile/compile-program.ts";
import { columnsOf } from "../../../engine/program/columns-of.ts";
import { programKey } from "../../../engine/program/program.ts";
import type { Schema } from "../../../engine/program/schema.ts";
import { type PlannedQuery, planQuery } from "../../../engine/query/plan-query.ts";
import { canonicalQuery, type Query } from "../../../engine/query/query.ts";
import { sha256 } from "../../../engine/sha256.ts";
import type { StoredPartition, StoredPlan, StoredProgram, StoredQuery } from "../../../storage/store.ts";

export interface CompiledQuery {
  readonly planned: PlannedQuery;
  readonly programKey: string;
}

export async function compileQuery(query: Query, schema: Schema): Promise<CompiledQuery> {
  const planned = planQuery(query, schema);
  return { planned, programKey: await programKey(planned.program) };
}

export function buildProgram({ planned, programKey: key }: CompiledQuery, schema: Schema): StoredProgram {
  return { programKey: key, program: planned.program, module: compileProgram(planned.terms, schema) };
}

export async function buildPlan({ planned, programKey }: CompiledQuery, { name, partitions }: Dataset): Promise<StoredPlan> {
  const described = describePartitions(partitions);
  const planKey = await sha256(`${programKey}\n${await described.digest}`);
  return { planKey, programKey, dataset: name, columns: columnsOf(planned.program), partitions: described.partitions };
}

interface DescribedPartitions {
  readonly partitions: readonly StoredPartition[];
  /** SHA-256, hex, of their fingerprints in order. */
  readonly digest: Promise<string>;
}

/** Shared by all plans of a dataset as it is now: it may have hundreds of thousands. */
const described = new WeakMap<readonly Partition[], DescribedPartitions>();

function describePartitions(all: readonly Partition[]): DescribedPartitions {
  const known = described.get(all);
  if (known) return known;
  const partitions = all.map(({ index, fingerprint, entries, file }) => ({ index, fingerprint, entries, file: baseName(file.path) }));
  const digest = sha256(partitions.map(({ fingerprint }) => fingerprint).join("\n"));
  described.set(all, { partitions, digest });
  return { partitions, digest };
}

/** A query as it is stored, but for the time when it was asked. */
export type UndatedQuery = Omit<StoredQuery, "created">;

export async function buildQuery(query: Query, { planned }: CompiledQuery, planKey: string): Promise<UndatedQuery> {
  const canonical = canonicalQuery(query);
  const id = await sha256(`${JSON.stringify(canonical)}\n${planKey}`);
  const places = Object.fromEntries([...query.histograms.keys()].map((name) => [name, planned.order.get(name)!]));
  return { id, planKey, query: canonical, places };
}

/** The subtask of one partition of a plan, by its place there. */
export function subtaskOf({ programKey, dataset, columns, partitions }: StoredPlan, place: number): Subtask {
  const { fingerprint, index: partition } = partitions[place];
  return { key: subtaskKey(programKey, fingerprint), programKey, fingerprint, dataset, partition, ...(columns && { columns }) };
}

/** Subtask key → place in the plan, in the plan's order. */
export async function placesOf({ programKey, partitions }: StoredPlan): Promise<ReadonlyMap<string, number>> {
  const places = new Map<string, number>();
  for (const [place, { fingerprint }] of partitions.entries()) {
    if (place % perTurn === perTurn - 1) await turn();
    places.set(subtaskKey(programKey, fingerprint), place);
  }
  return places;
}
