/** Plans a query over a dataset: its programs and their keys, the partitions in order, and the query's id. Pure, except for hashing. */

import { subtaskKey } from "../../../base/subtask-key.ts";
import { perTurn, turn } from "../../../base/turn.ts";
import type { Subtask } from "../../../coordination/coordinator.ts";
import { baseName, type Dataset, type Partition } from "../../../datasets/dataset.ts";
import { cellCount } from "../../../engine/axes/axes.ts";
import { columnsOf } from "../../../engine/program/inputs.ts";
import { type Program, programKey } from "../../../engine/program/program.ts";
import { programShape } from "../../../engine/program/shape.ts";
import type { OneProgram, QueryProgram } from "../../../engine/query/make-program.ts";
import { canonicalQuery, type Query } from "../../../engine/query/query.ts";
import { sha256 } from "../../../engine/sha256.ts";
import { type Places, programsOf, type StoredPartition, type StoredPlan, type StoredQuery } from "../../../storage/store.ts";
import { HttpProblem } from "../../http/problem.ts";

/** The approximate most bytes of a stored plan, enough for some 400,000 partitions. */
const mostPlanBytes = 64_000_000;

export interface CheckedProgram extends OneProgram {
  readonly programKey: string;
}

/** A query that was checked against the schema of its dataset. */
export interface CheckedQuery {
  /** What the client should be told about its query. */
  readonly notices: readonly string[];
  /** Each different program once: that of the query itself, then those of its variations in the order of their names. */
  readonly programs: readonly [CheckedProgram, ...CheckedProgram[]];
  /** The variations by the names that the client gave them. */
  readonly variations: ReadonlyMap<string, CheckedProgram>;
}

export async function keyPrograms({ variations, ...nominal }: QueryProgram, notices: readonly string[] = []): Promise<CheckedQuery> {
  const withKey = async (one: OneProgram): Promise<CheckedProgram> => ({ ...one, programKey: await programKey(one.program) });
  const first = await withKey(nominal);
  const varied = new Map<string, CheckedProgram>();
  for (const [name, one] of variations) varied.set(name, await withKey(one));
  const sorted = [...varied].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one);
  const others = new Map(sorted.map((one) => [one.programKey, one]));
  others.delete(first.programKey);
  return { notices, programs: [first, ...others.values()], variations: varied };
}

/** A query planned over the present state of its dataset. */
export interface QueryPlan {
  readonly dataset: Dataset;
  readonly checked: CheckedQuery;
  readonly plan: StoredPlan;
  /** The query as it is stored, except for the time of its first submission. */
  readonly query: Omit<StoredQuery, "created">;
}

/** Throws `HttpProblem` if the dataset has more partitions than a plan may have. */
export async function planChecked(query: Query, checked: CheckedQuery, dataset: Dataset): Promise<QueryPlan> {
  const describing = checked.programs.map(async ({ programKey, program }) => ({
    programKey,
    columns: columnsOf(program),
    shape: await programShape(program),
  }));
  const [nominal, ...others] = await Promise.all(describing);
  const described = describePartitions(dataset.partitions);
  if (described.bytes > mostPlanBytes) {
    const size = `${Math.ceil(described.bytes / 1e6)} MB, and the most is ${mostPlanBytes / 1e6} MB`;
    const detail = `Cannot query ${dataset.name}: with its ${dataset.partitions.length} partitions a plan has ${size}; make several datasets of its files`;
    throw new HttpProblem(422, "plan-too-large", detail);
  }
  const planKey = await sha256([nominal!, ...others].map(({ programKey }) => `${programKey}\n`).join("") + (await described.digest));
  const canonical = canonicalQuery(query);
  const id = await sha256(`${JSON.stringify(canonical)}\n${planKey}`);
  return {
    dataset,
    checked,
    plan: {
      planKey,
      ...nominal!,
      ...(others.length > 0 && { variations: others }),
      dataset: dataset.name,
      partitions: described.partitions,
    },
    query: {
      id,
      planKey,
      query: canonical,
      ...(checked.notices.length > 0 && { notices: checked.notices }),
      ...placesIn(query, checked.programs[0]),
      ...variationsIn(query, checked),
    },
  };
}

function placesIn(query: Query, { order, totalOrder, rowOrder }: OneProgram): Places {
  const placesOf = (names: ReadonlyMap<string, unknown>, places: ReadonlyMap<string, number>) =>
    Object.fromEntries([...names.keys()].map((name) => [name, places.get(name)!]));
  return {
    places: placesOf(query.histograms, order),
    ...(query.totals.size > 0 && { totals: placesOf(query.totals, totalOrder) }),
    ...(rowOrder.size > 0 && { rows: placesOf(rowOrder, rowOrder) }),
  };
}

function variationsIn(query: Query, { programs, variations }: CheckedQuery): Pick<StoredQuery, "variations"> {
  if (variations.size === 0) return {};
  const numbers = new Map(programs.map(({ programKey }, index) => [programKey, index]));
  const found = [...variations].map(([name, one]) => [name, { program: numbers.get(one.programKey)!, ...placesIn(query, one) }]);
  return { variations: Object.fromEntries(found) };
}

interface DescribedPartitions {
  readonly partitions: readonly StoredPartition[];
  /** Their approximate size as JSON. */
  readonly bytes: number;
  /** The SHA-256 of the fingerprints in order, in hexadecimal. */
  readonly digest: Promise<string>;
}

/** The described partitions, which all plans over one state of a dataset share, since there may be hundreds of thousands. */
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

/** The approximate bytes that a followed plan takes in memory: its partitions with their keys and states, its programs, and the sums of its partials. */
export function planBytes({ plan, programs }: { readonly plan: StoredPlan; readonly programs: readonly Program[] }): number {
  return programs.reduce((sum, program) => sum + 300 * plan.partitions.length + programBytes(program) + 64 * countCells(program), 20_000);
}

export const checkedBytes = ({ programs }: CheckedQuery): number => programs.reduce((sum, { program }) => sum + programBytes(program), 0);

/** The approximate bytes that a program takes, including the terms from which it was written. */
const programBytes = (program: Program): number => 1_000 + 800 * program.terms.length + 16 * countCells(program);

const countCells = ({ histograms }: Program): number => histograms.reduce((sum, { axes }) => sum + cellCount(axes), 0);

/** Counts the subtasks of a plan. They are ordered by partition: all programs over the first partition, then over the next one, and so on. */
export const countSubtasks = ({ partitions, variations = [] }: StoredPlan): number => partitions.length * (1 + variations.length);

/** Returns the partition and the program's number for a place in a plan. */
export function partsOf(plan: StoredPlan, place: number): { readonly partition: StoredPartition; readonly program: number } {
  const programs = 1 + (plan.variations?.length ?? 0);
  return { partition: plan.partitions[Math.floor(place / programs)]!, program: place % programs };
}

/** Returns the subtask at a place in a plan. */
export function subtaskOf(plan: StoredPlan, place: number): Subtask {
  const { dataset } = plan;
  const {
    partition: { fingerprint, index: partition },
    program,
  } = partsOf(plan, place);
  const { programKey, columns, shape } = program === 0 ? plan : plan.variations![program - 1]!;
  const key = subtaskKey(programKey, fingerprint);
  return { key, programKey, fingerprint, dataset, partition, ...(columns && { columns }), ...(shape && { shape }) };
}

/** Maps each subtask's key to its place in the plan, in the plan's order. */
export async function placesOf(plan: StoredPlan): Promise<ReadonlyMap<string, number>> {
  const programs = programsOf(plan);
  const places = new Map<string, number>();
  for (const { fingerprint } of plan.partitions) {
    for (const { programKey } of programs) {
      if (places.size % perTurn === perTurn - 1) await turn();
      places.set(subtaskKey(programKey, fingerprint), places.size);
    }
  }
  return places;
}
