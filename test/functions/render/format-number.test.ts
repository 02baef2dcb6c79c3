import assert from "node:assert/strict";
import { test } from "node:test";
import { cutflowLines } from "../../../functions/render/cutflow-lines.js";
import { formatBytes, formatNumber, formatSeconds, powerOfTen } from "../../../functions/render/format-number.js";
import { sampleStatus } from "../../support/engine/sample-histograms.ts";

test("formatNumber keeps whole numbers whole and gives six digits of others", () => {
  const written = [0, 7, 1234567, -40, 2.71234567, 123456.789, 0.000123456789, 0.1].map(formatNumber);
  assert.deepEqual(written, ["0", "7", "1\u202f234\u202f567", "−40", "2.71235", "123\u202f457", "0.000123457", "0.1"]);
});

test("formatNumber writes the very large and very small as powers of ten", () => {
  assert.deepEqual([1.5e12, -2e-7].map(formatNumber), ["1.5×10¹²", "−2×10⁻⁷"]);
  assert.equal(powerOfTen(-10), "10⁻¹⁰");
  assert.deepEqual([Number.NaN, Number.POSITIVE_INFINITY].map(formatNumber), ["–", "∞"]);
});

test("formatSeconds and formatBytes choose the unit", () => {
  assert.deepEqual([0.0421, 2.345, 61, 3720].map(formatSeconds), ["42 ms", "2.35 s", "1 min 1 s", "1 h 2 min"]);
  assert.deepEqual([0, 999, 63_100_000, 2.15e9].map(formatBytes), ["0 B", "999 B", "63.1 MB", "2.15 GB"]);
});

test("cutflowLines begin with all events and give shares of all and of those before", () => {
  const cutflow = [
    { filter: null, events: 200, weight: 180 },
    { filter: "a", events: 100, weight: 90 },
    { filter: "b", events: 25, weight: 20 },
  ];
  const lines = cutflowLines(sampleStatus({ cutflow }));
  assert.deepEqual(
    lines.map(({ filter, events, ofBefore, ofAll }) => [filter, events, ofBefore, ofAll]),
    [
      ["all events", 200, 1, 1],
      ["a", 100, 0.5, 0.5],
      ["b", 25, 0.25, 0.125],
    ],
  );
  assert.deepEqual(cutflowLines(sampleStatus({ cutflow: cutflow.slice(0, 1) })), []);
});
