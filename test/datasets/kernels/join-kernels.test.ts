import assert from "node:assert/strict";
import { test } from "node:test";
import { type Kernels, takeArea } from "../../../datasets/kernels/kernels.ts";
import { sequence } from "../read-for-test.ts";

const counts = [0, 1, 3, 15, 16, 17, 100];
const room = 192;

/** Runs a kernel over bytes at the area's front; returns its result and the bytes that it wrote. */
function run(content: Uint8Array, length: number, kernel: (kernels: Kernels, base: number, to: number) => number) {
  const gap = content.length + room;
  const { kernels, bytes, base } = takeArea(2 * gap + 64 + length);
  const to = base + Math.ceil(gap / 64) * 64;
  bytes.fill(0, base, to);
  bytes.set(content, base);
  return { given: kernel(kernels, base, to), bytes: Uint8Array.from(bytes.subarray(to, to + length)) };
}

/** The bytes of elements, in streams. */
function split(elements: Uint8Array, size: number): Uint8Array {
  const count = elements.length / size;
  return Uint8Array.from(elements, (_, at) => elements[(at % count) * size + Math.floor(at / count)]!);
}

const random = (length: number): Uint8Array => {
  const next = sequence(length + 1);
  return Uint8Array.from({ length }, () => next(256));
};

test("join kernels put the bytes of elements together again, whatever their number", () => {
  for (const size of [2, 4, 8] as const) {
    for (const count of counts) {
      const elements = random(size * count);
      const { bytes } = run(split(elements, size), elements.length, (kernels, base, to) => kernels[`join${size}`](base, count, to));
      assert.deepEqual(bytes, elements);
    }
  }
});

test("joinZigzag kernels give signed integers, the largest and smallest too", () => {
  for (const size of [2, 4, 8] as const) {
    const bits = BigInt(8 * size);
    const limit = 2n ** (bits - 1n);
    const integers = BigInt64Array.from([
      0n,
      -1n,
      1n,
      -2n,
      2n,
      limit - 1n,
      -limit,
      ...Array.from(random(40), (each) => BigInt(each) - 128n),
    ]);
    const stored = new Uint8Array(size * integers.length);
    for (const [index, integer] of integers.entries()) {
      let zigzag = integer < 0n ? -2n * integer - 1n : 2n * integer;
      for (let byte = 0; byte < size; byte++, zigzag >>= 8n) stored[size * index + byte] = Number(zigzag & 255n);
    }
    const { bytes } = run(split(stored, size), stored.length, (kernels, base, to) =>
      kernels[`joinZigzag${size}`](base, integers.length, to),
    );
    const found = Array.from(integers, (_, index) => {
      let value = 0n;
      for (let byte = size - 1; byte >= 0; byte--) value = (value << 8n) | BigInt(bytes[size * index + byte]!);
      return BigInt.asIntN(8 * size, value);
    });
    assert.deepEqual(found, [...integers]);
  }
});

test("sumEnds adds up, and finds a sum beyond 32 bits", () => {
  const sums = (differences: readonly number[]) => {
    const content = new Uint8Array(Uint32Array.from(differences).buffer);
    const { kernels, bytes, base, buffer } = takeArea(content.length + room);
    bytes.set(content, base);
    return kernels.sumEnds(base, differences.length) ? "beyond" : [...new Uint32Array(buffer, base, differences.length)];
  };
  assert.deepEqual(sums([]), []);
  assert.deepEqual(sums([3, 0, 2, 2 ** 32 - 6]), [3, 3, 5, 2 ** 32 - 1]);
  assert.deepEqual(sums([3, 0, 2, 2 ** 32 - 5]), "beyond");
});

test("narrowEnds takes the lower halves, and finds any upper half that is not 0", () => {
  for (const count of counts) {
    const ends = Array.from(random(count), (each, index) => each * 2 ** 24 + index);
    const content = new Uint8Array(BigUint64Array.from(ends, BigInt).buffer);
    const narrowed = () => run(content, 4 * count, (kernels, base, to) => kernels.narrowEnds(base, count, to));
    assert.deepEqual([...new Uint32Array(narrowed().bytes.buffer)], ends);
    assert.equal(narrowed().given, 0);
    for (let end = 0; end < count; end++) {
      content[8 * end + 4 + (end % 4)] = 1;
      assert.equal(narrowed().given, 1);
      content[8 * end + 4 + (end % 4)] = 0;
    }
  }
});

test("anyBits finds any byte that is not 0", () => {
  const content = new Uint8Array(50);
  const any = () => run(content, 0, (kernels, base) => kernels.anyBits(base, content.length)).given;
  assert.equal(any(), 0);
  for (const at of content.keys()) {
    content[at] = 128;
    assert.equal(any(), 1);
    content[at] = 0;
  }
});
