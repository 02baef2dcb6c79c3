/** What functions over tuples compute from one member only is computed once for each element. The results must not depend on that. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { makeDataset } from "../../support/engine/in-memory-dataset.ts";
import { prepareReaders, readValues } from "../../support/engine/read-values.ts";
import { functionsOfOne } from "../../support/engine/reference-functions.ts";
import { prepareQuery, runPrepared } from "../../support/engine/run-query.ts";
import { seeded } from "../../support/seeded.ts";

const { exp, sin } = functionsOfOne;
const random = seeded(7);
const events = [0, 1, 2, 3, 4, 5, 7].map((length, entry) => ({
  entry,
  scale: 1 + entry / 8,
  list: Array.from({ length }, () => 4 * random.fraction() - 2),
  others: Array.from({ length: entry % 3 }, () => random.fraction()),
}));
const dataset = makeDataset(events);
type Event = (typeof events)[number];

/** All choices of this many elements, in order. */
function choose(list: readonly number[], size: number): number[][] {
  if (size === 0) return [[]];
  return list.flatMap((first, index) => choose(list.slice(index + 1), size - 1).map((rest) => [first, ...rest]));
}
const pairs = ({ list }: Event) => choose(list, 2);
const triples = ({ list }: Event) => choose(list, 3);
const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
const atMost = <Value>(test: (value: Value) => boolean, values: readonly Value[]) => values.filter(test).length;

const cases: readonly (readonly [text: string, expected: (event: Event) => number])[] = [
  ["list.pairs().sum((a, b) => exp(a) - sin(b))", (event) => sum(pairs(event).map(([a, b]) => exp(a) - sin(b)))],
  [
    "list.triples().sum((a, b, c) => exp(a * scale) * exp(b * scale) - exp(c * scale))",
    (event) => {
      const e = (x: number) => exp(x * event.scale);
      return sum(triples(event).map(([a, b, c]) => e(a) * e(b) - e(c)));
    },
  ],
  ["list.pairs().count((a, b) => a < b && exp(a) + exp(b) > 2)", (event) => atMost(([a, b]) => a < b && exp(a) + exp(b) > 2, pairs(event))],
  [
    "list.pairs().filter((a, b) => a < b).sum((a, b) => exp(a) * sin(b))",
    (event) =>
      sum(
        pairs(event)
          .filter(([a, b]) => a < b)
          .map(([a, b]) => exp(a) * sin(b)),
      ),
  ],
  [
    "list.pairs().sum((a, b, i) => i % 2 == 0 ? exp(a) + i : exp(b) - sin(a))",
    (event) => sum(pairs(event).map(([a, b], i) => (i % 2 === 0 ? exp(a) + i : exp(b) - sin(a)))),
  ],
  [
    "others.map(o => list.pairs().sum((a, b) => exp(a * o) - exp(b * o))).sum()",
    (event) => sum(event.others.map((o) => sum(pairs(event).map(([a, b]) => exp(a * o) - exp(b * o))))),
  ],
  [
    "list.pairs().map((a, b) => exp(a) * exp(b)).pairs().sum((x, y) => sin(x) - sin(y))",
    (event) => {
      const products = pairs(event).map(([a, b]) => exp(a) * exp(b));
      return sum(choose(products, 2).map(([x, y]) => sin(x) - sin(y)));
    },
  ],
  [
    "list.triples().minBy((a, b, c) => exp(a) * exp(b) + sin(c))[2] ?? -1",
    (event) => {
      const key = ([a, b, c]: readonly number[]) => exp(a) * exp(b) + sin(c);
      const all = triples(event);
      return all.length === 0 ? -1 : all.reduce((best, each) => (key(each) < key(best) ? each : best))[2];
    },
  ],
  [
    "list.pairs().sum((a, b) => a < b ? exp(a) + exp(b) : 0) + (list.pairs().minBy((a, b) => a > 0 ? exp(a) * exp(b) : sin(a))[0] ?? 0)",
    (event) => {
      const key = ([a, b]: readonly number[]) => (a > 0 ? exp(a) * exp(b) : sin(a));
      const all = pairs(event);
      const least = all.length === 0 ? 0 : all.reduce((best, each) => (key(each) < key(best) ? each : best))[0];
      return sum(all.map(([a, b]) => (a < b ? exp(a) + exp(b) : 0))) + least;
    },
  ],
];

for (const [text, expected] of cases) {
  test(`${text} is what it is without tables`, () => {
    for (const sharesEarly of [false, true]) {
      const reader = { kind: "number", text } as const;
      const prepared = prepareReaders([reader], dataset, { sharesEarly });
      assert.deepEqual(
        readValues(runPrepared(prepared, dataset), prepared, reader, { index: 0, lengths: events.map(() => 0) }),
        events.map(expected),
      );
    }
  });
}

test("pairs that are selected by what their members are for themselves are kept where these fit, however many there are", () => {
  const n = 10_000;
  const large = makeDataset([{ numbers: [] }, { numbers: Array.from({ length: n }, (_, i) => i) }]);
  const histograms = { h: { axes: [{ type: "regular", bins: 1, lower: 0, upper: 1, value: "1" }] } };
  const define = { kept: "numbers.pairs().filter((a, b) => sin(a) == 0 && sin(b) > 0.9)" };
  const filter = ["kept.length > 0 && kept.sum((a, b) => a) == 0"];
  assert.equal(runPrepared(prepareQuery({ define, filter, histograms }, large.schema), large, { scratch: 1 << 20 }).filters[0].events, 1);
});
