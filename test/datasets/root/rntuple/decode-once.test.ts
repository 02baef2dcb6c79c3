/** Pages of ends that are stored alike. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeOnce } from "../../../../datasets/root/rntuple/decode-once.ts";

const page = { column: { id: 0, type: 15, bits: 64 }, elements: 2 };

test("pages of equal bytes are decoded once while a file is open, others are not mixed up with them", () => {
  const [file, another] = [{}, {}];
  let decoded = 0;
  const decode = () => new Uint32Array([1, ++decoded]);
  const read = (opened: object, bytes: readonly number[], what = page) => decodeOnce(opened, new Uint8Array(bytes), what, decode)[1];
  assert.equal(read(file, [1, 2, 3, 4]), 1);
  assert.equal(read(file, [1, 2, 3, 4]), 1);
  // Where both middle and end are equal, and the rest is not.
  assert.equal(read(file, [9, 2, 3, 4]), 2);
  assert.equal(read(file, [9, 2, 3, 4], { ...page, elements: 3 }), 3);
  assert.equal(read(file, [9, 2, 3, 4], { ...page, column: { ...page.column, type: 14 } }), 4);
  assert.equal(read(another, [9, 2, 3, 4]), 5);
});

test("what is kept does not grow with the file", () => {
  const file = {};
  let decoded = 0;
  const read = (number: number) => decodeOnce(file, new Uint8Array([number]), page, () => new Uint32Array(2 ** 20 + ++decoded * 0));
  for (let number = 0; number < 5; number++) read(number);
  read(4);
  assert.equal(decoded, 5);
  read(0);
  assert.equal(decoded, 6);
});
