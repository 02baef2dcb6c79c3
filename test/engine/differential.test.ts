/**
 * Random expressions over random events, compiled, against what they mean elsewhere: JavaScript itself where nothing is missing, and a
 * plain interpreter of the rules where values are. Bit by bit; only the sign and payload of NaN are left aside.
 *
 * FEMTOQ_TEST_SEED repeats a failure or starts elsewhere; FEMTOQ_TEST_CASES is how many expressions each test compares.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Merger } from "../../engine/histogram/merge.ts";
import type { PartialResult } from "../../engine/histogram/partial.ts";
import { addShorthands, compileJavaScript, List } from "../support/engine/evaluate-javascript.ts";
import { type ExpressionCase, generateCase } from "../support/engine/generate-case.ts";
import { type InMemoryDataset, makeDataset, type PlainEvent } from "../support/engine/in-memory-dataset.ts";
import { interpretExpression, type Names, type Value } from "../support/engine/interpret-expression.ts";
import { mostElements, prepareReaders, type Reader, readValues } from "../support/engine/read-values.ts";
import { fieldNames } from "../support/engine/record-kinds.ts";
import { makeRecord, type RecordFields } from "../support/engine/reference-records.ts";
import { type PreparedQuery, runPrepared } from "../support/engine/run-query.ts";
import { dtypesOf, generateEvents } from "../support/generate-events.ts";
import { type Seeded, seeded, seedOr } from "../support/seeded.ts";

const cases = Number(process.env.FEMTOQ_TEST_CASES ?? 1000);
const eventsAtATime = 32;
const casesOfOneDataset = 50;

addShorthands(fieldNames);

test("compiled expressions are what JavaScript makes of them, where nothing is missing", () => {
  compareAll({ seed: seedOr(1), missing: false }, (events, { defines, piece }) => {
    const evaluate = compileJavaScript(
      defines.map((define) => [define.name, define.piece.js] as const),
      piece.js,
      [...events[0].keys()],
    );
    return events.map((event) => evaluate(Object.fromEntries(event)));
  });
});

test("compiled expressions follow the rules for missing values", () => {
  compareAll({ seed: seedOr(2), missing: true }, (events, { defines, piece }) => {
    const values = defines.map((define) => [define.name, interpretExpression(define.piece.text)] as const);
    const evaluate = interpretExpression(piece.text);
    return events.map((event) => {
      const names = new Map([...event, ["pi", Math.PI] as const, ["e", Math.E] as const]);
      for (const [name, value] of values) names.set(name, value(names));
      return evaluate(names);
    });
  });
});

type Reference = (events: readonly Names[], expression: ExpressionCase) => readonly Value[];

function compareAll({ seed, missing }: { readonly seed: number; readonly missing: boolean }, reference: Reference): void {
  let compared = 0;
  for (let first = 0; first < cases; first += casesOfOneDataset) {
    const random = seeded(seed + first);
    const dataset = makeDataset(generateEvents(random, eventsAtATime, missing), { ...dtypesOf(missing), entry: "uint32" });
    const events = dataset.events.map(referenceEvent);
    const all = Array.from({ length: casesOfOneDataset }, (_, index) => generateCase(random, { missing, prefix: `d${index}_` }));
    const known = all.map((expression) => ({ expression, expected: reference(events, expression) })).filter(isReadable);
    while (known.length > 0) {
      const some = known.splice(0, 1 + random.below(3));
      compareQuery(some, dataset, { seed: seed + first, random });
      compared += some.length;
    }
  }
  assert(compared > 0.9 * cases, `only ${compared} expressions were compared`);
}

interface Known {
  readonly expression: ExpressionCase;
  readonly expected: readonly Value[];
}

const isReadable = ({ expected }: Known): boolean => !expected.some((value) => Array.isArray(value) && value.length > mostElements);

/** Several expressions in one query, which computes what they share once. */
function compareQuery(
  some: readonly Known[],
  dataset: InMemoryDataset,
  { seed, random }: { readonly seed: number; readonly random: Seeded },
): void {
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
    throw new Error(`FEMTOQ_TEST_SEED=${seed}, the first ${casesOfOneDataset} expressions:\n${texts.join("\n")}\n${reason}`, { cause });
  }
}

/** In two partitions, merged in either order: that must not change a bit where each event fills cells of its own. */
function compareParts(whole: PartialResult, prepared: PreparedQuery, dataset: InMemoryDataset, random: Seeded): void {
  const cut = random.below(eventsAtATime + 1);
  const parts = [runPrepared(prepared, dataset, { to: cut }), runPrepared(prepared, dataset, { from: cut })];
  const [merged, once] = [new Merger(prepared.planned.program), new Merger(prepared.planned.program)];
  for (const part of random.chance(0.5) ? parts : parts.toReversed()) merged.add(part);
  once.add(whole);
  assert.deepEqual(merged.read(), once.read(), `cut before event ${cut}`);
}

function referenceEvent(event: PlainEvent): Names {
  return new Map(Object.entries(event).map(([name, member]) => [name, referenceValue(member)]));
}

function referenceValue(member: PlainEvent[string]): Value {
  if (member === null || member === undefined) return undefined;
  if (Array.isArray(member)) return List.from(member.map(referenceValue)) as unknown as Value;
  if (typeof member !== "object") return member;
  return makeRecord(Object.fromEntries(Object.entries(member).map(([field, cell]) => [field, cell ?? undefined])) as RecordFields);
}
