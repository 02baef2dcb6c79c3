import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { kernels } from "../../engine/kernels/kernels.ts";
import { kernelFunction, orderOf } from "./kernel-functions.ts";

/** See test/fixtures/make-kernel-reference.py. */
const reference: Readonly<Record<string, string>> = JSON.parse(
  readFileSync(new URL("../fixtures/kernel-reference.json", import.meta.url), "utf8"),
);
const exact = ["round", "sign", "remainder"];

function numberOf(hexadecimal: string): number {
  const view = new DataView(new ArrayBuffer(8));
  view.setBigUint64(0, BigInt(`0x${hexadecimal}`));
  return view.getFloat64(0);
}

test("kernels: every one is in the reference or tested for equality", () => {
  assert.deepEqual(Object.keys(kernels).sort(), [...Object.keys(reference), ...exact].sort());
});

for (const [name, hexadecimal] of Object.entries(reference)) {
  test(`${name} is within 2 ulp of the true value`, (t) => {
    const { params } = kernels[name];
    const kernel = kernelFunction(name);
    const numbers = (hexadecimal.match(/.{16}/g) ?? []).map(numberOf);
    assert.equal(numbers.length, 288 * (params + 1));
    let worst = { distance: 0n, call: "" };
    let off = 0;
    for (let k = 0; k < numbers.length; k += params + 1) {
      const args = numbers.slice(k, k + params);
      const got = kernel(...args);
      assert.ok(!Number.isNaN(got), `${name}(${args}) is NaN`);
      const difference = orderOf(got) - orderOf(numbers[k + params]);
      const distance = difference < 0n ? -difference : difference;
      if (distance > 0n) off++;
      if (distance > worst.distance) worst = { distance, call: `${name}(${args}) = ${got}, not ${numbers[k + params]}` };
    }
    t.diagnostic(`${off} of 288 not correctly rounded, at worst by ${worst.distance}: ${worst.call}`);
    assert.ok(worst.distance <= 2n, worst.call);
  });
}
