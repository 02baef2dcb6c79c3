import assert from "node:assert/strict";
import { test } from "node:test";
import { kernels } from "../../engine/kernels/kernels.ts";
import { kernelFunction, type NumberFunction, powerFunction, randomSource } from "./kernel-functions.ts";

const { MAX_VALUE, MIN_VALUE, POSITIVE_INFINITY } = Number;
const special = [0, MIN_VALUE, 2 ** -1022, 0.5, 1, 1 + 2 ** -52, 1.5, 2, 3, 1e3, 2 ** 53, 2 ** 53 + 2, 1e200, MAX_VALUE, POSITIVE_INFINITY];
const arguments1 = [...special, ...special.map((x) => -x), Number.NaN];
const arguments2 = arguments1.flatMap((x) => arguments1.map((y) => [x, y] as const));

/** `Math` by our names. */
function hostFunction(name: string): NumberFunction {
  if (name === "remainder") return (x, y) => x % y;
  return Reflect.get(Math, name);
}

function callsOf(name: string): readonly (readonly number[])[] {
  // Where its quotient underflows, Deno's atan2 loses the sign.
  if (name === "atan2") return arguments2.filter(([y, x]) => y === 0 || !Number.isFinite(x) || y / x !== 0);
  return kernels[name].params === 2 ? arguments2 : arguments1.map((x) => [x]);
}

for (const name of Object.keys(kernels)) {
  test(`${name} is NaN, infinite, 0 or of either sign where JavaScript's is`, () => {
    const kernel = kernelFunction(name);
    const host = hostFunction(name);
    for (const args of callsOf(name)) {
      const got = kernel(...args);
      const want = host(...args);
      const call = `${name}(${args}) = ${got}, JavaScript's ${want}`;
      if (Number.isFinite(want) && want !== 0) assert.ok(Number.isFinite(got) && Math.sign(got) === Math.sign(want), call);
      else assert.ok(Object.is(got, want), call);
    }
  });
}

/** Random bit patterns, integers, halves and their neighbours, ratios of every size. */
function numbers(seed: number, count: number): readonly number[] {
  const { bits, fraction } = randomSource(seed);
  const whole = (): number => Math.trunc((fraction() - 0.5) * 2 ** (1 + Math.floor(fraction() * 60)));
  const kinds = [
    bits,
    whole,
    () => whole() + 0.5,
    () => (whole() + 0.5) * (1 + (fraction() < 0.5 ? -1 : 1) * 2 ** -53),
    () => fraction() - 0.5,
  ];
  return Array.from({ length: count }, (_, k) => kinds[k % kinds.length]());
}

for (const name of ["round", "sign"]) {
  test(`${name} has the bits of JavaScript's`, () => {
    const kernel = kernelFunction(name);
    const host = hostFunction(name);
    for (const x of [...numbers(11, 20_000), 0.49999999999999994, -0.49999999999999994, 4503599627370495.5, 4503599627370497]) {
      assert.ok(Object.is(kernel(x), host(x)), `${name}(${x}) = ${kernel(x)}, not ${host(x)}`);
    }
  });
}

test("remainder has the bits of JavaScript's", () => {
  const kernel = kernelFunction("remainder");
  const xs = numbers(12, 20_000);
  const ys = numbers(13, 19_997);
  for (const [k, x] of xs.entries()) {
    for (const y of [ys[k % ys.length], 2, -0.1]) assert.ok(Object.is(kernel(x, y), x % y), `${x} % ${y} = ${kernel(x, y)}, not ${x % y}`);
  }
});

test("pow is exact where the power is a whole number that float64 holds", () => {
  const pow = kernelFunction("pow");
  for (let base = 2n; base <= 100n; base++) {
    for (let exponent = 1n; base ** exponent <= 2n ** 53n; exponent++) {
      for (const sign of [1n, -1n]) {
        assert.equal(pow(Number(sign * base), Number(exponent)), Number((sign * base) ** exponent), `${sign * base} ** ${exponent}`);
      }
    }
  }
  for (let exponent = -1074; exponent <= 1023; exponent++) assert.equal(pow(2, exponent), 2 ** exponent);
  assert.equal(pow(2.25, 0.5), 1.5);
  assert.equal(pow(10, 22), 1e22);
});

test("pow with a constant exponent has JavaScript's special cases, and its value within 2 ulp", () => {
  const general = kernelFunction("pow");
  const { fraction } = randomSource(14);
  const xs = Array.from({ length: 2_000 }, () => (fraction() - 0.5) * 2 ** (Math.floor(fraction() * 1200) - 600));
  for (const exponent of [-2, -1, 0, 0.5, 1, 2, 3, 4]) {
    const power = powerFunction(exponent);
    for (const x of arguments1) {
      const want = x ** exponent;
      if (!Number.isFinite(want) || want === 0) assert.ok(Object.is(power(x), want), `${x} ** ${exponent} = ${power(x)}, not ${want}`);
    }
    for (const x of xs) {
      const want = general(x, exponent);
      const got = power(x);
      const near = Object.is(got, want) || Math.abs(got - want) <= Math.max(Math.abs(want) * 2 ** -51, MIN_VALUE);
      assert.ok(near, `${x} ** ${exponent} = ${got}, not ${want}`);
    }
  }
});

test("log2 and log10 are whole where the logarithm is", () => {
  const log2 = kernelFunction("log2");
  const log10 = kernelFunction("log10");
  for (let k = -1074; k <= 1023; k++) assert.equal(log2(2 ** k), k);
  for (let k = 0; k <= 22; k++) assert.equal(log10(Number(`1e${k}`)), k);
});

test("cbrt and hypot are exact where the root is a whole number", () => {
  const cbrt = kernelFunction("cbrt");
  const hypot = kernelFunction("hypot");
  for (let n = 0; n <= 3_000; n++) assert.equal(cbrt(-(n ** 3)), -n);
  assert.equal(hypot(3, 4), 5);
  assert.equal(hypot(-5, 12), 13);
  assert.equal(hypot(3 * 2 ** 900, 4 * 2 ** 900), 5 * 2 ** 900);
});

test("hypot takes any number of arguments, at the ends of the range too", () => {
  assert.equal(kernelFunction("hypot", 1)(-7), 7);
  assert.equal(kernelFunction("hypot", 3)(2, -3, 6), 7);
  const four = kernelFunction("hypot", 4);
  assert.equal(four(1, 1, 1, 1), 2);
  assert.equal(four(2 ** 1022, 2 ** 1022, 2 ** 1022, 2 ** 1021) / 2 ** 1021, Math.sqrt(13));
  assert.equal(four(MIN_VALUE, 0, 0, 0), MIN_VALUE);
  assert.equal(four(0, Number.NaN, 0, Number.NEGATIVE_INFINITY), POSITIVE_INFINITY);
  assert.ok(Number.isNaN(four(0, Number.NaN, 0, 1)));
  assert.ok(Object.is(four(-0, 0, 0, 0), 0));
});
