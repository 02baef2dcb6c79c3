/** Every axis with every storage, as uhi, boost-histogram and hist read it. Needs a Python that has them. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import process from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Nested, UhiStorage } from "../../../engine/histogram/uhi.ts";
import { type AxisShape, fillHistogram, type UhiHistogram, writeUhi } from "../../../engine/histograms.ts";
import { seeded } from "../../support/seeded.ts";

const python = process.env.FEMTOQ_PYTHON ?? "python3";
const hasLibraries = await promisify(execFile)(python, ["-c", "import uhi, hist, boost_histogram"]).then(
  () => true,
  () => false,
);
const skip = !hasLibraries && "HIST ABSENT: set FEMTOQ_PYTHON to a Python that has uhi, boost-histogram and hist";

const axes: Readonly<Record<string, AxisShape>> = {
  Regular: { type: "regular", bins: 3, lower: -1, upper: 2 },
  "Regular, circular": { type: "regular", bins: 3, lower: -1, upper: 2, circular: true },
  Variable: { type: "variable", edges: [-1, 0, 0.5] },
  Integer: { type: "integer", lower: -1, upper: 2 },
  IntCategory: { type: "category", categories: [1, -1, 7] },
  StrCategory: { type: "category", categories: ["e", "μ"] },
  Boolean: { type: "boolean" },
};
const storages = { Int64: [false, false], Weight: [true, false], Mean: [false, true], WeightedMean: [true, true] } as const;

const random = seeded(9);
const values = Array.from({ length: 50 }, () => random.pick([-1, -0.5, 0, 0.25, 1, 5, Number.NaN]));
const weights = values.map(() => random.fraction());
const samples = values.map(() => random.fraction() * 9);

const load = (histograms: Readonly<Record<string, UhiHistogram>>): Promise<Readonly<Record<string, Loaded>>> =>
  new Promise((resolve, reject) => {
    const child = execFile(python, [fileURLToPath(new URL("load-uhi.py", import.meta.url))], { maxBuffer: 1 << 26 }, (error, output) =>
      error ? reject(error) : resolve(JSON.parse(output)),
    );
    child.stdin!.end(JSON.stringify(histograms));
  });

interface Loaded {
  readonly axes: readonly string[];
  readonly labels: readonly string[];
  readonly storage: string;
  readonly values: readonly number[];
  readonly counts: readonly number[];
}

const flat = (nested: Nested): readonly number[] => (typeof nested === "number" ? [nested] : nested.flatMap(flat));

function countsOf(storage: UhiStorage): Nested {
  if (storage.type === "mean") return storage.counts;
  return storage.type === "weighted_mean" ? storage.sum_of_weights : storage.values;
}

test("uhi, boost-histogram and hist load every axis with every storage, six axes and none", { skip }, async () => {
  const combinations = Object.entries(storages).flatMap(([storage, [hasWeights, hasSamples]]) =>
    [...Object.keys(axes).map((name) => [name]), [], ["Regular", "Boolean"], Object.keys(axes).slice(0, 6)].map((names) => {
      const shapes = names.map((name) => axes[name]);
      const given = shapes.map((shape) => (shape.type === "boolean" ? values.map(Number.isNaN).map(Number) : values));
      const filled = fillHistogram(shapes, given, hasWeights || names.length === 0 ? weights : undefined, hasSamples ? samples : undefined);
      return [`${storage} ${names.join("; ")}`, { names, written: writeUhi(filled, shapes, { label: "masses", axes: names }) }] as const;
    }),
  );
  const loaded = await load(Object.fromEntries(combinations.map(([name, { written }]) => [name, written])));
  for (const [name, { names, written }] of combinations) {
    const { axes: types, labels, storage, values: found, counts } = loaded[name];
    if (names.length > 0) assert.equal(storage, name.split(" ")[0]);
    assert.deepEqual([types, labels], [names.map((each) => each.split(",")[0]), names], name);
    assert.deepEqual(counts, flat(countsOf(written.storage)), name);
    const isMean = written.storage.type === "mean" || written.storage.type === "weighted_mean";
    const means = flat(written.storage.values);
    assert.deepEqual(
      isMean ? found.filter((_, cell) => counts[cell] !== 0) : found,
      isMean ? means.filter((_, cell) => counts[cell] !== 0) : means,
      name,
    );
  }
});
