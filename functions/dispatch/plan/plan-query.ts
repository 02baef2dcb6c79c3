/** Query + dataset → plan: the program, its key, the partitions in order, and the id of the query. Pure but for hashing. */

import { subtaskKey } from "../../../base/subtask-key.ts";
import { perTurn, turn } from "../../../base/turn.ts";
import type { Subtask } from "../../../coordination/coordinator.ts";
import { baseName, type Dataset, type Partition } from "../../../datasets/dataset.ts";
import { cellCount } from "../../../engine/axes/axes.ts";
import { compileProgram } from "../../../engine/compile/compile-program.ts";
import { columnsOf } from "../../../engine/program/inputs.ts";
import type { Program } from "../../../engine/program/program.ts";
import type { Schema } from "../../../engine/program/schema.ts";
import type { QueryProgram } from "../../../engine/query/make-program.ts";
import { canonicalQuery, type Query } from "../../../engine/query/query.ts";
import { sha256 } from "../../../engine/sha256.ts";
import type { Places, StoredPartition, StoredPlan, StoredProgram, StoredQuery } from "../../../storage/store.ts";
import { HttpProblem } from "../../http/problem.ts";

/** The most bytes of a plan as it is stored, about: some 400,000 partitions. */
const mostPlanBytes = 64_000_000;

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

/** Throws `HttpProblem` for a dataset of more partitions than a plan may have. */
export async function planChecked(query: Query, checked: CheckedQuery, dataset: Dataset): Promise<QueryPlan> {
  const { programKey, program } = checked;
  const described = describePartitions(dataset.partitions);
  if (described.bytes > mostPlanBytes) {
    const size = `${Math.ceil(described.bytes / 1e6)} MB, and the most is ${mostPlanBytes / 1e6} MB`;
    const detail = `Cannot query ${dataset.name}: with its ${dataset.partitions.length} partitions a plan has ${size}; make several datasets of its files`;
    throw new HttpProblem(422, "plan-too-large", detail);
  }
  const planKey = await sha256(`${programKey}\n${await described.digest}`);
  const canonical = canonicalQuery(query);
  const id = await sha256(`${JSON.stringify(canonical)}\n${planKey}`);
  return {
    dataset,
    checked,
    plan: { planKey, programKey, dataset: dataset.name, columns: columnsOf(program), partitions: described.partitions },
    query: { id, planKey, query: canonical, ...placesIn(query, checked) },
  };
}

function placesIn(query: Query, { order, totalOrder }: CheckedQuery): Places {
  const placesOf = (names: ReadonlyMap<string, unknown>, places: ReadonlyMap<string, number>) =>
    Object.fromEntries([...names.keys()].map((name) => [name, places.get(name)!]));
  return {
    places: placesOf(query.histograms, order),
    ...(query.totals.size > 0 && { totals: placesOf(query.totals, totalOrder) }),
  };
}

/** The program with its module, as nodes run it. Throws `QueryError` where its code would be too large. */
export function compileChecked({ programKey, program, terms }: CheckedQuery, schema: Schema): StoredProgram {
  return { programKey, program, module: compileProgram(terms, schema) };
}

interface DescribedPartitions {
  readonly partitions: readonly StoredPartition[];
  /** Their size as JSON, about. */
  readonly bytes: number;
  /** SHA-256 of the fingerprints in order, in hexadecimal. */
  readonly digest: Promise<string>;
}

/** All plans of a dataset, as it is now, share these: it may have hundreds of thousands of partitions. */
const described = new WeakMap<readonly Partition[], DescribedPartitions>();

function describePartitions(all: readonly Partition[]): DescribedPartitions {
  const known = described.get(all);
  if (known) return known;
  const partitions = all.map(({ index, fingerprint, entries, file }) => ({ index, fingerprint, entries, file: baseName(file.path) }));
  const bytes = partitions.reduce((sum, { fingerprint, file }) => sum + 60 + fingerprint.length + file.length, 0);
  const digest = sha256(partitions.map(({ fingerprint }) => fingerprint).join("\n"));
  const description = { partitions, bytes, digest };
  described.set(all, description);
  return description;
}

/** Bytes that a plan takes here while it is followed, about: its partitions with their keys and states, its program, the sum of its partials. */
export function planBytes({ plan, program }: { readonly plan: StoredPlan; readonly program: Program }): number {
  return 20_000 + 300 * plan.partitions.length + programBytes(program) + 64 * countCells(program);
}

/** Bytes that a program takes with the terms that it was written from, about. */
export const programBytes = (program: Program): number => 1_000 + 800 * program.terms.length + 16 * countCells(program);

const countCells = ({ histograms }: Program): number => histograms.reduce((sum, { axes }) => sum + cellCount(axes), 0);

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
