/** 64-bit integers: compared as JavaScript compares BigInts with one another and with numbers; as numbers everywhere else. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { makeDataset } from "../support/engine/in-memory-dataset.ts";
import { interpretExpression, type Names } from "../support/engine/interpret-expression.ts";
import { fillOnce, runQuery } from "../support/engine/run-query.ts";
import { findIssues } from "../support/find-issues.ts";

const limit = 2n ** 53n;
const signed = [
  0n,
  1n,
  -1n,
  7n,
  limit - 1n,
  limit,
  limit + 1n,
  limit + 2n,
  -limit,
  -limit - 1n,
  2n ** 62n + 1n,
  2n ** 63n - 1n,
  2n ** 63n - 512n,
  -(2n ** 63n),
];
const unsigned = [
  0n,
  1n,
  7n,
  limit - 1n,
  limit,
  limit + 1n,
  limit + 3n,
  2n ** 63n - 1n,
  2n ** 63n,
  2n ** 63n + 1n,
  2n ** 64n - 1n,
  2n ** 64n - 2048n,
];
const floats = [
  0,
  -0,
  0.5,
  -1,
  7,
  2 ** 53,
  2 ** 53 + 2,
  -(2 ** 53),
  2 ** 62,
  2 ** 63,
  -(2 ** 63),
  2 ** 64,
  1e300,
  -1e300,
  NaN,
  Infinity,
  -Infinity,
];

const events = Array.from({ length: 250 }, (_, entry) => {
  const pick = <Item>(items: readonly Item[], step: number): Item => items[(entry * step + (entry >> 3)) % items.length]!;
  return {
    entry,
    a: pick(signed, 1),
    b: entry % 3 === 0 ? pick(signed, 1) : pick(signed, 5),
    u: pick(unsigned, 7),
    v: entry % 3 === 0 ? pick(unsigned, 7) : pick(unsigned, 3),
    maybe: entry % 5 === 0 ? null : pick(signed, 3),
    x: pick(floats, 11),
    n: pick([-3, 0, 7, 2147483647], 3),
    w: pick([0, 7, 4294967295], 5),
    ids: Array.from({ length: entry % 4 }, (_, place) => signed[(entry + 3 * place) % signed.length]!),
    Hit: Array.from({ length: entry % 6 }, (_, place) => ({
      id: signed[(entry * 3 + place) % 8]!,
      key: unsigned[(entry + place * 5) % unsigned.length]!,
      gap: (entry + place) % 4 === 0 ? null : signed[(entry + 2 * place) % signed.length]!,
      order: place,
    })),
  };
});
const dataset = makeDataset(events, {
  a: "int64",
  b: "int64",
  u: "uint64",
  v: "uint64",
  maybe: "int64?",
  n: "int32",
  w: "uint32",
  entry: "int32",
  "ids[]": "int64",
  "Hit[].id": "int64",
  "Hit[].key": "uint64",
  "Hit[].gap": "int64?",
});

/** The events for which a condition is true, and those for which its opposite is. */
function answers(condition: string): readonly (readonly number[])[] {
  const axis = { type: "integer", lower: 0, upper: events.length, value: "entry" };
  return [condition, `!(${condition})`].map((filter) =>
    [...fillOnce({ axes: [axis], filter }, dataset)].flatMap((count, cell) => (count ? [cell - 1] : [])),
  );
}

function expected(condition: string): readonly (readonly number[])[] {
  const evaluate = interpretExpression(condition);
  const values = events.map((event) =>
    evaluate(new Map(Object.entries(event).map(([name, value]) => [name, value ?? undefined])) as Names),
  );
  return [true, false].map((wanted) => values.flatMap((value, entry) => (value === wanted ? [entry] : [])));
}

const operators = ["==", "!=", "<", "<=", ">", ">="];
for (const [what, pairs] of [
  ["of one kind", ["a b", "u v", "a maybe", "a ids[0]"]],
  ["signed and unsigned", ["a u", "v b", "u maybe"]],
  ["and any number", ["a x", "x a", "u x", "x u", "a n", "w u", "n u", "a (x + 1)", "maybe x"]],
] as const) {
  test(`comparisons of 64-bit integers ${what} are exact`, () => {
    for (const pair of pairs) {
      const [left, right] = [pair.slice(0, pair.indexOf(" ")), pair.slice(pair.indexOf(" ") + 1)];
      for (const operator of operators)
        assert.deepEqual(answers(`${left} ${operator} ${right}`), expected(`${left} ${operator} ${right}`), `${left} ${operator} ${right}`);
    }
  });
}

test("a 64-bit integer equals the whole number that is written, and not its neighbours", () => {
  const literals = [
    "9007199254740991",
    "9007199254740992",
    "9007199254740993",
    "9007199254740994",
    "-9007199254740993",
    "9223372036854775807",
    "-9223372036854775808",
    "18446744073709551615",
    "9223372036854775809",
    "0x20000000000001",
    "4611686018427387905",
  ];
  for (const column of ["a", "u", "maybe"])
    for (const literal of literals) {
      const integer = literal.startsWith("-") ? -BigInt(literal.slice(1)) : BigInt(literal);
      for (const operator of ["==", "<", ">="]) {
        const holds = (value: bigint | null): boolean | undefined =>
          value === null ? undefined : operator === "==" ? value === integer : operator === "<" ? value < integer : value >= integer;
        const wanted = [true, false].map((truth) =>
          events.flatMap((event) => (holds(event[column as "a" | "u" | "maybe"]) === truth ? [event.entry] : [])),
        );
        assert.deepEqual(answers(`${column} ${operator} ${literal}`), wanted, `${column} ${operator} ${literal}`);
      }
    }
  // The shortest digits of a float64 are, beside a 64-bit integer, the integer that they say.
  assert.deepEqual(answers("a == 4611686018427387904.0"), answers("false"));
});

for (const [what, condition] of [
  ["chosen ones", "(n > 0 ? a : b) == b"],
  ["the default of a missing one", "(maybe ?? a) == a"],
  ["a written default", "(maybe ?? -1) == -1"],
  ["elements of lists", "ids.some(id => id == a)"],
  ["fields of elements", "Hit.some(h => h.id == a || h.gap == b)"],
  ["an element that was found", "Hit.find(h => h.id == a).order == 0"],
  ["elements that were put together", "Hit.concat(Hit.filter(h => h.order > 1)).filter(h => h.id == a).length == 2"],
  ["lists that were put together", "ids.concat(ids).filter(id => id != a).length == 2 * ids.length"],
  ["record literals", "Hit.map(h => ({ ...h, other: a })).some(h => h.id == h.other)"],
  ["pairs", "Hit.pairs().some((p, q) => p.id > q.id && p.key != q.key)"],
  ["the least", "Hit.minBy(h => h.id).order == 0"],
  ["the least where some are missing", "Hit.minBy(h => h.gap).order == 1"],
  ["the most, unsigned", "Hit.maxBy(h => h.key).order == 1"],
  ["sorted elements", "Hit.sortBy(h => h.id)[1].order == 0"],
  ["sorted elements of which some are missing", "Hit.sortBy(h => h.gap).at(-1).order == 0"],
  ["sorted unsigned ones", "Hit.sortBy(h => h.key)[0].order == 1"],
  ["the least number", "ids.min() == a"],
  ["the most", "ids.max() != a && ids.max() >= b"],
  ["the most, unsigned, of what a function gives", "Hit.max(h => h.key) > u"],
  ["the least of which some are missing", "Hit.min(h => h.gap) < a"],
  ["the most or a default", "(ids.max() ?? b) == b"],
  ["ranges", "between(a, b, x)"],
  ["numbers that are computed of them", "a / 2 + u == b / 2 + v || abs(a) > 9e15"],
] as const) {
  test(`64-bit integers are compared exactly: ${what}`, () => {
    assert.deepEqual(answers(condition), expected(condition));
  });
}

test("operators on bits take the 32 lowest bits of a 64-bit integer", () => {
  const wanted = [true, false].map((truth) =>
    events.flatMap(({ u, entry }) => (((BigInt.asIntN(32, u) & 6n) !== 0n) === truth ? [entry] : [])),
  );
  assert.deepEqual(answers("(u & 6) != 0"), wanted);
});

test("totals of 64-bit integers are exact sums, rounded once", () => {
  const { totals } = runQuery(
    { totals: { a: "a", u: "u", maybe: "maybe" }, histograms: { h: { axes: [{ type: "boolean", value: "true" }] } } },
    dataset,
    { split: [100] },
  );
  const sums = (["a", "maybe", "u"] as const).map((name) => events.reduce((sum, event) => sum + (event[name] ?? 0n), 0n) << 1074n);
  assert.deepEqual(new Set(totals!.map(({ sum }) => sum)), new Set(sums));
});

test("an axis of categories tells 64-bit integers apart exactly", () => {
  const [first, second] = fillOnce({ axes: [{ type: "category", categories: [Number(limit) - 1, 7], value: "a" }] }, dataset);
  assert.deepEqual(
    [first, second],
    [limit - 1n, 7n].map((wanted) => events.filter(({ a }) => a === wanted).length),
  );
});

test("a written integer that float64 cannot hold is refused where a number is needed, and one of more than 64 bits everywhere", () => {
  const fault = (value: string) =>
    findIssues({ histograms: { h: { axes: [{ type: "regular", bins: 1, lower: 0, upper: 1, value }] } } }, dataset.schema)[0]?.message ??
    "none";
  for (const text of [
    "9007199254740993",
    "x + 9007199254740993",
    "x == 9007199254740993 ? 1 : 0",
    "abs(-9007199254740993)",
    "Hit[9007199254740993].order",
    "n > 0 ? 9007199254740993 : x",
  ])
    assert.match(
      fault(text),
      /-?9007199254740993 is no float64: the nearest is -?9007199254740992; as it is, it can only be compared with columns of 64-bit integers/,
      text,
    );
  for (const text of ["a == 18446744073709551617 ? 1 : 0", "a == -9223372036854775809 ? 1 : 0"])
    assert.match(fault(text), /is no 64-bit integer/, text);
});
