import assert from "node:assert/strict";
import { test } from "node:test";
import { fillHistogram } from "../../../../engine/histograms.ts";
import { type DTypes, makeDataset } from "../../../support/engine/in-memory-dataset.ts";
import { axisCells, cellOf, countPoints, neighbour, type PlainAxis } from "../../../support/engine/random/plain-histogram.ts";
import { fillOnce, runQuery } from "../../../support/engine/run-query.ts";
import { type Seeded, seeded } from "../../../support/seeded.ts";

const axes: readonly PlainAxis[] = [
  { type: "regular", bins: 100, lower: 0, upper: 2000 },
  { type: "regular", bins: 100, lower: 15, upper: 60 },
  { type: "regular", bins: 7, lower: -0.3, upper: 0.1 },
  { type: "regular", bins: 1, lower: 1, upper: 2 },
  { type: "regular", bins: 3, lower: 1e-300, upper: 4e-300 },
  { type: "regular", bins: 1000, lower: -1e150, upper: 1e150 },
  { type: "regular", bins: 50, lower: -1e306, upper: 2e306 },
  { type: "regular", bins: 30, lower: 0, upper: 11 },
  { type: "regular", bins: 1, lower: 0, upper: 49 },
  { type: "regular", bins: 1000, lower: 0, upper: 1 },
  { type: "regular", bins: 64, lower: -3.2, upper: 3.2 },
  { type: "regular", bins: 10, lower: 1e9, upper: 1e9 + 1 },
  { type: "variable", edges: [0, 1] },
  { type: "variable", edges: [-5, -0.1, 0, 1e-9, 0.5, 2, 1000] },
  { type: "variable", edges: [-Number.MAX_VALUE, 0, Number.MAX_VALUE] },
  { type: "variable", edges: Array.from({ length: 257 }, (_, index) => Math.sqrt(index)) },
  { type: "integer", lower: -3, upper: 4 },
  { type: "integer", lower: 2 ** 40, upper: 2 ** 40 + 5 },
  { type: "category", categories: [13, -11, 0, 11, -13, 2 ** 32, -(2 ** 53) + 1] },
  { type: "category", categories: [7] },
  { type: "category", categories: Array.from({ length: 40 }, (_, index) => ((index * 17) % 40) ** 3 - 5) },
  { type: "regular", bins: 64, lower: -3.2, upper: 3.2, circular: true },
  { type: "regular", bins: 7, lower: 0.1, upper: 0.4, circular: true },
  { type: "regular", bins: 1, lower: 0, upper: 1e-300, circular: true },
];

/** The edges of its bins; at most 200. */
function edgesOf(axis: PlainAxis): readonly number[] {
  switch (axis.type) {
    case "variable":
      return axis.edges;
    case "category":
      return (axis.categories as readonly number[]).toSorted((one, other) => one - other);
    case "boolean":
      return [0, 1];
    default: {
      const bins = Math.min(axis.type === "integer" ? axis.upper - axis.lower : axis.bins, 200);
      return Array.from({ length: bins + 1 }, (_, bin) => axis.lower + (bin * (axis.upper - axis.lower)) / bins);
    }
  }
}

/** Every edge, the numbers beside it, and what floats are strange for. */
function valuesNear(axis: PlainAxis, random: Seeded): number[] {
  const edges = edgesOf(axis);
  const [lower, upper] = [edges[0], edges[edges.length - 1]];
  const inside = Array.from({ length: 400 }, () => lower + random.fraction() * (upper - lower) * 1.2 - 0.1 * (upper - lower));
  const strange = [
    Number.NaN,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    0,
    -0,
    5e-324,
    -5e-324,
    1e308,
    -1e308,
    2 ** 31,
    2 ** 32,
    -(2 ** 31) - 1,
    2 ** 53,
  ];
  return [...edges.flatMap((edge) => [neighbour(edge, -1), edge, neighbour(edge, 1)]), ...inside, ...strange];
}

for (const axis of axes) {
  const edges = edgesOf(axis);
  const name = `${axis.type === "regular" && axis.circular ? "circular" : axis.type} bins, ${edges.length} edges from ${edges[0]}`;
  for (const dtype of ["float64", "float32"] as const) {
    test(`filling ${name} from ${dtype} takes the bin that the rule gives, at edges and beside them too`, () => {
      const values = valuesNear(axis, seeded(3)).map((value) => (dtype === "float32" ? Math.fround(value) : value));
      const events = values.map((x, index) => ({ x, list: values.slice(index, index + (index % 3)) }));
      const dtypes: DTypes = { x: dtype, "list[]": dtype };
      const dataset = makeDataset(events, dtypes);
      const wanted = countPoints(
        [axis],
        values.map((value) => [value]),
      );
      assert.deepEqual(Array.from(fillHistogram([axis], [values]).contents.values), wanted, "fillHistogram");
      assert.deepEqual(fillOnce({ axes: [{ ...axis, value: "x" }] }, dataset), wanted, "a column");
      assert.deepEqual(fillOnce({ axes: [{ ...axis, value: "x * 1" }] }, dataset), wanted, "an expression");
      assert.deepEqual(fillOnce({ axes: [{ ...axis, value: "x" }], storage: "weighted" }, dataset), wanted, "weighted");
      const elements = events.flatMap(({ list }) => list.map((value) => [value]));
      assert.deepEqual(fillOnce({ axes: [{ ...axis, value: "list" }] }, dataset), countPoints([axis], elements), "a list");
      assert.deepEqual(
        fillOnce({ axes: [{ ...axis, value: "list.filter(v => true)" }] }, dataset),
        countPoints([axis], elements),
        "a filtered list",
      );
    });
  }
}

test("filling a regular axis is half-open: its lower edge is inside, its upper edge overflows, and NaN does too", () => {
  const dataset = makeDataset([1, 2, Number.NaN, 0.999].map((x) => ({ x })));
  assert.deepEqual(fillOnce({ axes: [{ type: "regular", bins: 2, lower: 1, upper: 2, value: "x" }] }, dataset), [1, 1, 0, 2]);
});

test("filling from integer columns takes their whole range", () => {
  const events = [-(2 ** 31), -1, 0, 1, 2 ** 31 - 1].map((n) => ({ n, u: n < 0 ? n + 2 ** 32 : n }));
  const dataset = makeDataset(events, { n: "int32", u: "uint32" });
  for (const column of ["n", "u"] as const) {
    const axis: PlainAxis = { type: "regular", bins: 16, lower: -(2 ** 31), upper: 2 ** 32 };
    assert.deepEqual(
      fillOnce({ axes: [{ ...axis, value: column }] }, dataset),
      countPoints(
        [axis],
        events.map((event) => [event[column]]),
      ),
      column,
    );
  }
});

test("filling two axes puts the cells of axis 1 side by side", () => {
  const random = seeded(4);
  const points = Array.from(
    { length: 500 },
    () => [random.fraction() * 12 - 1, random.chance(0.05) ? Number.NaN : random.fraction() * 4 - 1] as const,
  );
  const dataset = makeDataset(points.map(([x, y]) => ({ x, y })));
  const plane: readonly PlainAxis[] = [
    { type: "regular", bins: 10, lower: 0, upper: 10 },
    { type: "variable", edges: [0, 0.5, 2] },
  ];
  const histogram = {
    axes: [
      { ...plane[0], value: "x" },
      { ...plane[1], value: "y" },
    ],
  };
  assert.deepEqual(fillOnce(histogram, dataset), countPoints(plane, points));
  const [one] = points;
  const alone = fillOnce(histogram, makeDataset([{ x: one[0], y: one[1] }]));
  assert.equal(alone.indexOf(1), cellOf(plane[0], one[0]) * axisCells(plane[1]) + cellOf(plane[1], one[1]));
});

test("filling a list on one axis and a number on the other repeats the number for each element", () => {
  const dataset = makeDataset([
    { x: 1, list: [0, 1, 1] },
    { x: 0, list: [] },
    { x: 2, list: [2] },
  ]);
  const axis = { type: "regular", bins: 3, lower: 0, upper: 3 } as const;
  const points = [
    [1, 0],
    [1, 1],
    [1, 1],
    [2, 2],
  ];
  assert.deepEqual(
    fillOnce(
      {
        axes: [
          { ...axis, value: "x" },
          { ...axis, value: "list" },
        ],
      },
      dataset,
    ),
    countPoints([axis, axis], points),
  );
});

test("filling leaves out what is missing, on any axis or in the weight", () => {
  const dataset = makeDataset([
    { x: 1, y: null, list: [1, null, 2] },
    { x: null, y: 1, list: [null] },
    { x: 2, y: 2, list: [] },
  ]);
  const axis = { type: "regular", bins: 3, lower: 0, upper: 3 } as const;
  assert.deepEqual(fillOnce({ axes: [{ ...axis, value: "x" }] }, dataset), [0, 0, 1, 1, 0]);
  assert.deepEqual(fillOnce({ axes: [{ ...axis, value: "list" }] }, dataset), [0, 0, 1, 1, 0]);
  assert.deepEqual(fillOnce({ axes: [{ ...axis, value: "x" }], weight: "y" }, dataset), [0, 0, 0, 2, 0]);
  assert.deepEqual(
    fillOnce(
      {
        axes: [
          { ...axis, value: "x" },
          { ...axis, value: "y" },
        ],
      },
      dataset,
    ),
    countPoints([axis, axis], [[2, 2]]),
  );
  const { fills, nonFinite } = runQuery({ histograms: { h: { axes: [{ ...axis, value: "x" }], weight: "y" } } }, dataset).histogram("h");
  assert.deepEqual([fills, nonFinite], [1, 0]);
});

test("filling gives the same for many blocks of events as for one after the other", () => {
  const random = seeded(5);
  const events = Array.from({ length: 9_001 }, () => ({
    x: Math.fround(random.fraction() * 110 - 5),
    list: Array.from({ length: random.below(4) }, () => Math.fround(random.fraction() * 110)),
  }));
  const dataset = makeDataset(events, { x: "float32", "list[]": "float32" });
  const axis: PlainAxis = { type: "regular", bins: 100, lower: 0, upper: 100 };
  assert.deepEqual(
    fillOnce({ axes: [{ ...axis, value: "x" }] }, dataset),
    countPoints(
      [axis],
      events.map(({ x }) => [x]),
    ),
  );
  assert.deepEqual(
    fillOnce({ axes: [{ ...axis, value: "list" }] }, dataset),
    countPoints(
      [axis],
      events.flatMap(({ list }) => list.map((value) => [value])),
    ),
  );
});
