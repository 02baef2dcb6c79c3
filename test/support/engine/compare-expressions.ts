/**
 * Compares the engine's values of expressions with those of references that share nothing with it: JavaScript itself, if nothing can be missing, and a plain
 * interpreter of the rules. They must agree bit by bit, except for the sign and payload of NaN.
 */
import assert from "node:assert/strict";
import { Merger } from "../../../engine/histogram/merge.ts";
import type { PartialResult } from "../../../engine/histogram/partial.ts";
import { QueryError } from "../../../engine/query/query-error.ts";
import { ScratchExhausted } from "../../../engine/run/run-program.ts";
import { dtypesOf, generateEvents } from "../generate-events.ts";
import type { Seeded } from "../seeded.ts";
import { addShorthands, compileJavaScript, List } from "./evaluate-javascript.ts";
import { type InMemoryDataset, makeDataset, type PlainEvent } from "./in-memory-dataset.ts";
import { interpretExpression, type Names, nullList, type Value } from "./interpret-expression.ts";
import type { ExpressionCase } from "./random/generate-case.ts";
import { fieldNames } from "./random/record-kinds.ts";
import { mostElements, prepareReaders, type Reader, readValues } from "./read-values.ts";
import { makeRecord, type RecordFields } from "./reference-records.ts";
import { type PreparedQuery, runPrepared } from "./run-query.ts";
import { TooManySteps, withBudget } from "./step-budget.ts";

const eventsAtATime = 32;

addShorthands(fieldNames);

export interface ComparedDataset extends InMemoryDataset {
  /** The events as the references take them. */
  readonly references: readonly Names[];
}

export function makeComparedDataset(random: Seeded, missing: boolean): ComparedDataset {
  const dataset = makeDataset(generateEvents(random, eventsAtATime, missing), { ...dtypesOf(missing), entry: "uint32" });
  return {
    ...dataset,
    references: dataset.events.map((event) => referenceEvent(event, new Set((dataset.schema.nullableLists ?? []).map(({ list }) => list)))),
  };
}

/** The values of an expression, one for each event. */
export type Reference = (events: readonly Names[], expression: ExpressionCase) => readonly Value[];

export const asJavaScript: Reference = (events, { defines, piece }) => {
  const evaluate = compileJavaScript(
    defines.map((define) => [define.name, define.piece.js] as const),
    piece.js,
    [...events[0].keys()],
  );
  return events.map((event) => withBudget(() => evaluate(Object.fromEntries(event))));
};

export const byTheRules: Reference = (events, { defines, piece }) => {
  const values = defines.map((define) => [define.name, interpretExpression(define.piece.text)] as const);
  const evaluate = interpretExpression(piece.text);
  return events.map((event) =>
    withBudget(() => {
      const names = new Map([...event, ["pi", Math.PI] as const, ["e", Math.E] as const]);
      for (const [name, value] of values) names.set(name, value(names));
      return evaluate(names);
    }),
  );
};

export interface Known {
  readonly expression: ExpressionCase;
  readonly expected: readonly Value[];
}

/** Evaluates an expression; undefined if that takes too long, or if its lists are too long for their elements to be distinguished. */
export function evaluateCase({ references }: ComparedDataset, expression: ExpressionCase, reference: Reference): Known | undefined {
  try {
    // A list that is missing fills nothing, as an empty one does.
    const expected = reference(references, expression).map((value) => (expression.kind === "numbers" ? (value ?? []) : value));
    return expected.some((value) => Array.isArray(value) && value.length > mostElements) ? undefined : { expression, expected };
  } catch (error) {
    if (error instanceof TooManySteps) return undefined;
    throw error;
  }
}

/**
 * Runs several expressions in one query, which computes their common parts once; or one by one if that query is refused as too large or needs too much scratch.
 * Returns how many were compared; throws if a value is wrong.
 */
export function compareQuery(some: readonly Known[], dataset: InMemoryDataset, random: Seeded): number {
  try {
    compareTogether(some, dataset, random);
    return some.length;
  } catch (error) {
    if (!(error instanceof Error && isTooLarge(error.cause))) throw error;
    return some.length === 1 ? 0 : some.reduce((count, one) => count + compareQuery([one], dataset, random), 0);
  }
}

const isTooLarge = (cause: unknown): boolean =>
  cause instanceof ScratchExhausted || (cause instanceof QueryError && /too large/.test(cause.message));

function compareTogether(some: readonly Known[], dataset: InMemoryDataset, random: Seeded): void {
  try {
    const readers = some.map(({ expression }): Reader => ({ kind: expression.kind, text: expression.piece.text }));
    const defines = some.flatMap(({ expression }) => expression.defines.map(({ name, piece }): [string, string] => [name, piece.text]));
    const prepared = prepareReaders(readers, dataset, { defines: Object.fromEntries(defines), sharesEarly: random.chance(0.15) });
    const whole = runPrepared(prepared, dataset);
    if (random.chance(0.2)) compareParts(whole, prepared, dataset, random);
    for (const [place, { expected }] of some.entries()) {
      const lengths = expected.map((value) => (Array.isArray(value) ? value.length : 1));
      for (const [entry, value] of readValues(whole, prepared, readers[place], { index: place, lengths }).entries()) {
        const wanted = expected[entry];
        assert.deepEqual(value, Array.isArray(wanted) ? Array.from(wanted) : wanted, `event ${entry} of expression ${place}`);
      }
    }
  } catch (cause) {
    const texts = some.map(({ expression: { defines, piece } }) =>
      [...defines.map((each) => `${each.name}: ${each.piece.text}`), piece.text].join("\n"),
    );
    const reason = cause instanceof Error ? cause.stack : cause;
    throw new Error(`${texts.join("\n")}\n${reason}`, { cause });
  }
}

/** Runs the query in two partitions, merged in either order. If each event fills its own cells, this must not change a bit. */
function compareParts(whole: PartialResult, prepared: PreparedQuery, dataset: InMemoryDataset, random: Seeded): void {
  const cut = random.below(eventsAtATime + 1);
  const parts = [runPrepared(prepared, dataset, { to: cut }), runPrepared(prepared, dataset, { from: cut })];
  const [merged, once] = [new Merger(prepared.planned.program), new Merger(prepared.planned.program)];
  for (const part of random.chance(0.5) ? parts : parts.toReversed()) merged.add(part);
  once.add(whole);
  assert.deepEqual(merged.read(), once.read(), `cut before event ${cut}`);
}

function referenceEvent(event: PlainEvent, nullableLists: ReadonlySet<string>): Names {
  const referenceOf = (member: PlainEvent[string], path: string): Value => {
    if (member === null || member === undefined) return nullableLists.has(path) ? (nullList(List.from([])) as unknown as Value) : undefined;
    if (Array.isArray(member)) return List.from(member.map((each) => referenceOf(each, `${path}.[]`))) as unknown as Value;
    if (typeof member !== "object") return member;
    return makeRecord(
      Object.fromEntries(
        Object.entries(member).map(([field, cell]) => [field, referenceOf(cell, `${path.replace(/\.\[\]$/, "")}.${field}`)]),
      ) as RecordFields,
    );
  };
  return new Map(Object.entries(event).map(([name, member]) => [name, referenceOf(member, name)]));
}
