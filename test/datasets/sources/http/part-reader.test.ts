import assert from "node:assert/strict";
import { test } from "node:test";
import { boundaryOf, PartReader } from "../../../../datasets/sources/http/part-reader.ts";
import { writeParts } from "./file-server.ts";

const bytes = Uint8Array.from({ length: 300 }, (_, at) => at * 5);

/** Reads a body that arrives in pieces of this length; returns the places and bytes of its parts. */
function read(body: Uint8Array, { piece = body.length, size = bytes.length, boundary = "x" } = {}) {
  const got = new Map<number, number>();
  const onBytes = (at: number, some: Uint8Array) => {
    for (const [index, byte] of some.entries()) got.set(at + index, byte);
  };
  const parts = new PartReader({ boundary, size, onBytes });
  for (let at = 0; at < body.length; at += piece) parts.push(body.subarray(at, at + piece));
  return { got, isEnded: parts.isEnded };
}

test("PartReader gives the bytes of all parts with their places, however the body is cut into pieces", () => {
  const ranges = [
    [250, 299],
    [0, 0],
    [13, 44],
  ] as const;
  const body = writeParts(bytes, ranges, "x");
  for (let piece = 1; piece <= body.length; piece++) {
    const { got, isEnded } = read(body, { piece });
    assert(isEnded);
    assert.equal(got.size, 50 + 1 + 32);
    for (const [at, byte] of got) assert.equal(byte, bytes[at]);
    for (const [first, last] of ranges) for (let at = first; at <= last; at++) assert(got.has(at));
  }
});

test("PartReader takes delimiters that lie in the bytes of a part for bytes", () => {
  const tricky = Buffer.from("\r\n--x\r\nContent-Range: bytes 0-0/9\r\n\r\n--x--");
  const { got, isEnded } = read(writeParts(tricky, [[0, tricky.length - 1]], "x"), { size: tricky.length });
  assert(isEnded);
  assert.deepEqual([...got.values()], [...tricky]);
});

test("PartReader takes no byte behind the last delimiter, and knows where it is missing", () => {
  const body = writeParts(bytes, [[1, 2]], "x");
  assert.deepEqual([...read(Buffer.concat([body, Buffer.from("more")])).got.keys()], [1, 2]);
  assert.equal(read(body.subarray(0, -6)).isEnded, false);
});

test("PartReader refuses what is no part of a file of that size", () => {
  const refuse = (text: string, message: RegExp) => assert.throws(() => read(Buffer.from(text)), message);
  refuse("\r\n--y\r\nContent-Range: bytes 0-1/300\r\n\r\nab", /not as long as its range/);
  refuse("\r\n--xy\r\nContent-Range: bytes 0-1/300\r\n\r\nab", /does not begin with its delimiter/);
  refuse("--x\r\nContent-Type: a\r\n\r\nab", /another range/);
  refuse("--x\r\nContent-Range: bytes 299-300/300\r\n\r\nab", /another range/);
  refuse("--x\r\nContent-Range: bytes 0-1/301\r\n\r\nab", /another range/);
  refuse("--x\r\nContent-Range: bytes 5-4/300\r\n\r\n", /another range/);
  refuse(`--x\r\n${"a".repeat(5000)}`, /does not end/);
  refuse("a".repeat(5000), /not as long as its range/);
  assert.deepEqual([...read(Buffer.from("--x\r\ncontent-range:bytes 7-8/*\r\n\r\nab\r\n--x--")).got.keys()], [7, 8]);
});

test("PartReader refuses parts that are shorter or longer than their ranges say", () => {
  const ranges = [
    [3, 40],
    [100, 199],
  ] as const;
  const whole = writeParts(bytes, ranges, "x");
  const end = whole.indexOf("\r\n--x", 20);
  for (let missing = 1; missing <= 5; missing++) {
    const body = Buffer.concat([whole.subarray(0, end - missing), whole.subarray(end)]);
    assert.throws(() => read(body), /not as long as its range/, `${missing} bytes too few`);
    assert.throws(() => read(Buffer.concat([whole.subarray(0, end), Buffer.alloc(missing), whole.subarray(end)])), /not as long/);
  }
});

test("boundaryOf finds the boundary, quoted or not, of parts only", () => {
  assert.equal(boundaryOf("multipart/byteranges; boundary=abc"), "abc");
  assert.equal(boundaryOf('Multipart/ByteRanges; charset=x; boundary="a b"'), "a b");
  for (const other of [
    undefined,
    "application/octet-stream",
    "multipart/mixed; boundary=a",
    "multipart/byteranges",
    'multipart/byteranges; boundary=""',
  ])
    assert.equal(boundaryOf(other), undefined);
});
