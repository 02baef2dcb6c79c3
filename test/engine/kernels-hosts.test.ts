import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { kernels } from "../../engine/kernels/kernels.ts";
import { blockFunction, cosOfBoth, kernelFunction, randomSource, sinOfBoth, sumOfBoth } from "./kernel-functions.ts";

/** Half bit patterns, half numbers of the size that physics has. */
function callsFor(params: number, count: number, seed: number): readonly (readonly number[])[] {
  const { bits, fraction } = randomSource(seed);
  const argument = (k: number): number => (k % 2 === 0 ? bits() : (fraction() - 0.5) * 2 ** Math.floor(fraction() * 12));
  return Array.from({ length: count }, (_, k) => Array.from({ length: params }, () => argument(k)));
}

function digest(values: Float64Array): string {
  // Which NaN it is, hosts may choose.
  const canonical = values.map((x) => (Number.isNaN(x) ? Number.NaN : x));
  return createHash("sha256").update(new Uint8Array(canonical.buffer)).digest("hex").slice(0, 16);
}

/** Digests of 10,000 values each, which were equal on Node 20 (V8 11.3) and Deno 2.9 (V8 14). They change whenever a kernel's bits do. */
const digests: Readonly<Record<string, string>> = {
  sin: "c127e8a06119319f",
  cos: "27ba430723886e25",
  tan: "63a74c5139372d95",
  asin: "eb4c6a93c9e79bf2",
  acos: "e9eeca3c4853dd19",
  atan: "17c7076d7fb9a79a",
  atan2: "ade41d948a6a7170",
  sinh: "708960c72f8ff0e2",
  cosh: "2d15f5e835cffc0e",
  tanh: "a6b7fb5cb7768b86",
  asinh: "26c1bd48e325de9c",
  exp: "31624c8e43df5eb2",
  log: "847888ae3405a3c5",
  log2: "189f97fcab1a69e7",
  log10: "7115965fc90c59e9",
  pow: "a646da5c063d33b2",
  cbrt: "b62c35ed6468a25f",
  hypot: "0e6f836624772997",
  round: "ffd849bdb424f263",
  sign: "0cabaecec4583ac9",
  remainder: "b46eeb553425e63c",
};

for (const [name, { params }] of Object.entries(kernels)) {
  test(`${name} has the same bits on every host`, () => {
    assert.equal(digest(blockFunction(name)(callsFor(params, 10_000, 17))), digests[name]);
  });

  test(`${name} has the same bits in a loop as on its own`, () => {
    const calls = callsFor(params, 1_000, 18);
    const once = kernelFunction(name);
    const values = blockFunction(name)(calls);
    for (const [k, args] of calls.entries()) assert.ok(Object.is(values[k], once(...args)), `${name}(${args})`);
  });
}

test("sinCos gives the bits of sin and of cos", () => {
  const sin = kernelFunction("sin");
  const cos = kernelFunction("cos");
  for (const [x] of callsFor(1, 10_000, 19)) {
    assert.ok(Object.is(sinOfBoth(x), sin(x)), `sin ${x}`);
    assert.ok(Object.is(cosOfBoth(x), cos(x)), `cos ${x}`);
    assert.ok(Object.is(sumOfBoth(x), sin(x) + cos(x)), `both of ${x}`);
  }
});
