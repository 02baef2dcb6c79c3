/** Query + dataset → plan: the program, its key, the partitions in order, and the id of the query. Pure but for hashing. */

import { subtaskKey } from "../../../base/subtask-key.ts";
import { perTurn, turn } from "../../../base/turn.ts";
import type { Subtask } from "../../../coordination/coordinator.ts";
import { baseName, type Dataset, type Partition } from "../../../datasets/dataset.ts";
import { compileProgram } from "../../../engine/compile/compile-program.ts";
import { columnsOf } from "../../../engine/program/inputs.ts";
import { programKey } from "../../../engine/program/program.ts";
import type { Schema } from "../../../engine/program/schema.ts";
import { makeProgram, type QueryProgram } from "../../../engine/query/make-program.ts";
import { canonicalQuery, type Query } from "../../../engine/query/query.ts";
import { sha256 } from "../../../engine/sha256.ts";
import type { StoredPartition, StoredPlan, StoredProgram, StoredQuery } from "../../../storage/store.ts";

/** A query that is right for the schema of its dataset, with its program. */
export interface CheckedQuery extends QueryProgram {
  readonly programKey: string;
}

/** A query over its dataset as it is now. */
export interface QueryPlan {
  readonly dataset: Dataset;
  readonly checked: CheckedQuery;
  readonly plan: StoredPlan;
  /** What is stored of it, but for the time when it was asked first. */
  readonly query: Omit<StoredQuery, "created">;
}

/** Throws `QueryError` with everything that is wrong. */
export async function checkQuery(query: Query, schema: Schema): Promise<CheckedQuery> {
  const planned = makeProgram(query, schema);
  return { ...planned, programKey: await programKey(planned.program) };
}

export async function planChecked(query: Query, checked: CheckedQuery, dataset: Dataset): Promise<QueryPlan> {
  const { programKey, program, order } = checked;
  const described = describePartitions(dataset.partitions);
  const planKey = await sha256(`${programKey}\n${await described.digest}`);
  const canonical = canonicalQuery(query);
  const id = await sha256(`${JSON.stringify(canonical)}\n${planKey}`);
  const places = Object.fromEntries([...query.histograms.keys()].map((name) => [name, order.get(name)!]));
  return {
    dataset,
    checked,
    plan: { planKey, programKey, dataset: dataset.name, columns: columnsOf(program), partitions: described.partitions },
    query: { id, planKey, query: canonical, places },
  };
}

/** The program with its module, as nodes run it. Throws `QueryError` where its code would be too large. */
export function compileChecked({ programKey, program, terms }: CheckedQuery, schema: Schema): StoredProgram {
  return { programKey, program, module: compileProgram(terms, schema) };
}

interface DescribedPartitions {
  readonly partitions: readonly StoredPartition[];
  /** SHA-256 of the fingerprints in order, in hexadecimal. */
  readonly digest: Promise<string>;
}

/** All plans of a dataset, as it is now, share these: it may have hundreds of thousands of partitions. */
const described = new WeakMap<readonly Partition[], DescribedPartitions>();

function describePartitions(all: readonly Partition[]): DescribedPartitions {
  const known = described.get(all);
  if (known) return known;
  const partitions = all.map(({ index, fingerprint, entries, file }) => ({ index, fingerprint, entries, file: baseName(file.path) }));
  const digest = sha256(partitions.map(({ fingerprint }) => fingerprint).join("\n"));
  described.set(all, { partitions, digest });
  return { partitions, digest };
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
