import assert from "node:assert/strict";
import { test } from "node:test";
import { boundValues } from "../../../datasets/cache/bound-values.ts";
import { seeded } from "../../support/seeded.ts";

const memory = new WebAssembly.Memory({ initial: 4, maximum: 8, shared: true });
const values = 16;
const valid = 131_072;
const scratch = 196_612;
const arrays = { float32: Float32Array, float64: Float64Array, int32: Int32Array, uint32: Uint32Array, bool: Uint8Array } as const;
const counts = [0, 1, 2, 7, 15, 16, 17, 63, 64, 65, 100, 1000, 12_345];
const specials = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0, 5e-324, 1e-40];

test("boundValues gives the least and the most of numbers of every type and count, and tells NaN and what is missing", () => {
  const random = seeded(11);
  for (const [dtype, Numbers] of Object.entries(arrays) as [keyof typeof arrays, (typeof arrays)[keyof typeof arrays]][]) {
    for (const count of counts) {
      const isFloat = dtype.startsWith("float");
      for (const special of isFloat ? [undefined, ...specials] : [undefined]) {
        const numbers = new Numbers(memory.buffer as ArrayBuffer, values, count);
        for (const index of numbers.keys())
          numbers[index] = dtype === "bool" ? random.below(2) : (random.fraction() - 0.5) * 2 ** random.below(34);
        if (special !== undefined && count > 0) numbers[random.below(count)] = special;
        const valids = new Uint8Array(memory.buffer, valid, count).fill(1);
        const missing = count > 0 && random.chance(0.5);
        if (missing) valids[random.below(count)] = 0;
        const told = [...numbers].filter((value) => !Number.isNaN(value));
        assert.deepEqual(
          boundValues(memory, { dtype, count, values, valid, scratch }),
          {
            low: told.reduce((low, value) => Math.min(low, value), Number.POSITIVE_INFINITY),
            high: told.reduce((high, value) => Math.max(high, value), Number.NEGATIVE_INFINITY),
            nan: told.length < count,
            missing,
          },
          `${count} of ${dtype} with ${special}`,
        );
      }
    }
  }
});

test("boundValues puts 64-bit integers between float64 numbers, whichever way they are held", () => {
  const random = seeded(12);
  for (const [dtype, Integers] of [
    ["int64", BigInt64Array],
    ["uint64", BigUint64Array],
  ] as const) {
    for (const count of counts) {
      const integers = new Integers(memory.buffer as ArrayBuffer, values, count);
      for (const index of integers.keys()) {
        const size = BigInt(Math.floor(random.fraction() * 2 ** 52)) * 2n ** BigInt(random.below(12)) + BigInt(random.below(3));
        integers[index] = dtype === "int64" && random.chance(0.5) ? -size : size;
      }
      const told = [...integers].sort((a, b) => (a < b ? -1 : 1));
      const exact = boundValues(memory, { dtype, count, values, scratch })!;
      new Float64Array(memory.buffer, values, count).set(told.map(Number));
      const rounded = boundValues(memory, { dtype: "float64", count, values, scratch })!;
      for (const { low, high, nan, missing } of [exact, rounded]) {
        assert.deepEqual([nan, missing], [false, false]);
        if (count === 0) assert(low > high);
        else {
          assert(low <= told[0]! && high >= told.at(-1)!, `${low} to ${high} for ${told[0]} to ${told.at(-1)}`);
          assert(Number(told[0]) - low <= 2 ** -50 * Math.abs(low) && high - Number(told.at(-1)) <= 2 ** -50 * Math.abs(high));
        }
      }
    }
  }
});
