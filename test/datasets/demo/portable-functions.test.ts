import assert from "node:assert/strict";
import { test } from "node:test";
import { angleOf, cosine, exponential, logarithm, raise, sine } from "../../../datasets/demo/portable-functions.ts";

/** Relative to the larger of the two, and never stricter than `floor`. */
function assertClose(value: number, expected: number, floor = 1e-300): void {
  const error = Math.abs(value - expected) / Math.max(Math.abs(expected), floor);
  assert(error < 1e-12, `${value} is not ${expected}: relative error ${error}`);
}

test("portable functions agree with Math to twelve digits over the demo's ranges", () => {
  for (let step = 0; step <= 1000; step++) {
    const fraction = step / 1000;
    const positive = 10 ** (fraction * 20 - 10);
    assertClose(logarithm(positive), Math.log(positive), 1e-3);
    const exponent = fraction * 60 - 30;
    assertClose(exponential(exponent), Math.exp(exponent));
    const angle = fraction * 20 - 10;
    assertClose(sine(angle), Math.sin(angle), 1e-3);
    assertClose(cosine(angle), Math.cos(angle), 1e-3);
    assertClose(raise(1 + 400 * fraction, -0.7), (1 + 400 * fraction) ** -0.7);
    assertClose(angleOf(Math.cos(angle), Math.sin(angle)), Math.atan2(Math.sin(angle), Math.cos(angle)), 1e-3);
  }
  for (const [x, y] of [
    [1, 0],
    [-1, 0],
    [0, 1],
    [0, -1],
  ] as const) {
    assertClose(angleOf(x, y), Math.atan2(y, x), 1e-3);
  }
});
