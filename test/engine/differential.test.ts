/**
 * Random expressions over random events, compiled, against what they mean elsewhere: JavaScript itself where nothing is missing, and a
 * plain interpreter of the rules where values are. Bit by bit; only the sign and payload of NaN are left aside.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Merger } from "../../engine/merge.ts";
import { addShorthands, compileJavaScript, List } from "../support/evaluate-javascript.ts";
import { type ExpressionCase, generateCase } from "../support/generate-case.ts";
import { dtypesOf, generateEvents } from "../support/generate-events.ts";
import { type InMemoryDataset, makeDataset, type PlainEvent } from "../support/in-memory-dataset.ts";
import { interpretExpression, type Names, type Value } from "../support/interpret-expression.ts";
import { mostElements, prepareReaders, type Reader, type ReadValue, readValues } from "../support/read-values.ts";
import { fieldNames } from "../support/record-kinds.ts";
import { makeRecord, type RecordFields } from "../support/reference-records.ts";
import { runPrepared } from "../support/run-query.ts";
import { type Seeded, seeded, seedOr } from "../support/seeded.ts";

const cases = 1500;
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
  compareAll({ seed: seedOr(2), missing: true }, (events, { defines, piece }) =>
    events.map((event) => {
      const names = new Map([...event, ["pi", Math.PI] as const, ["e", Math.E] as const]);
      for (const define of defines) names.set(define.name, interpretExpression(define.piece.text, names));
      return interpretExpression(piece.text, names);
    }),
  );
});

type Reference = (events: readonly Names[], expression: ExpressionCase) => readonly Value[];

function compareAll({ seed, missing }: { readonly seed: number; readonly missing: boolean }, reference: Reference): void {
  let compared = 0;
  for (let first = 0; first < cases; first += casesOfOneDataset) {
    const random = seeded(seed + first);
    const dataset = makeDataset(generateEvents(random, eventsAtATime, missing), { ...dtypesOf(missing), entry: "uint32" });
    const events = dataset.events.map(referenceEvent);
    for (let index = 0; index < casesOfOneDataset; index++) {
      const expression = generateCase(random, missing);
      const expected = reference(events, expression);
      if (expected.some((value) => Array.isArray(value) && value.length > mostElements)) continue;
      const read = explained(seed + first, expression, () => readCompiled(expression, dataset, expected, random));
      for (const [entry, value] of read.entries()) {
        const wanted = expected[entry];
        assert.deepEqual(value, Array.isArray(wanted) ? Array.from(wanted) : wanted, explain(seed + first, expression, dataset.events[entry]));
      }
      compared += read.length;
    }
  }
  assert(compared > 0.9 * cases * eventsAtATime, `only ${compared} values were compared`);
}

function explained<Result>(seed: number, expression: ExpressionCase, step: () => Result): Result {
  try {
    return step();
  } catch (cause) {
    throw new Error(explain(seed, expression, {}), { cause });
  }
}

const explain = (seed: number, { defines, piece }: ExpressionCase, event: PlainEvent): string =>
  `FEMTOQ_TEST_SEED=${seed} (the first ${casesOfOneDataset} cases)\n${defines.map(({ name, piece: { text } }) => `${name}: ${text}\n`).join("")}${piece.text}\n` +
  JSON.stringify(event, (_, value) => (typeof value === "number" && !Number.isFinite(value) ? String(value) : value));

/** In one partition, and again in two or three, merged in some order: that must not change a bit. */
function readCompiled(expression: ExpressionCase, dataset: InMemoryDataset, expected: readonly Value[], random: Seeded): readonly ReadValue[] {
  const { kind, defines, piece } = expression;
  const reader: Reader = { kind, text: piece.text };
  const lengths = expected.map((value) => (Array.isArray(value) ? value.length : 1));
  const prepared = prepareReaders([reader], Object.fromEntries(defines.map((define) => [define.name, define.piece.text])), dataset);
  const whole = runPrepared(prepared, dataset);
  if (random.chance(0.1)) {
    const cuts = [0, random.below(eventsAtATime), eventsAtATime].sort((a, b) => a - b);
    const parts = cuts.slice(1).map((to, index) => runPrepared(prepared, dataset, { from: cuts[index], to }));
    const [merged, once] = [new Merger(prepared.planned.program), new Merger(prepared.planned.program)];
    for (const part of random.chance(0.5) ? parts : parts.toReversed()) merged.add(part);
    once.add(whole);
    assert.deepEqual(merged.read(), once.read(), piece.text);
  }
  return readValues(whole, prepared, reader, 0, lengths);
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
