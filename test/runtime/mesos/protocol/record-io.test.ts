/** Tests RecordIO with chunks that end anywhere: the same records come out that went in, or an error tells what is wrong. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { test } from "node:test";
import { RecordStreamError, readRecords } from "../../../../runtime/mesos/protocol/record-io.ts";
import { seeded } from "../../../support/seeded.ts";

async function* streamOf(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks;
}

async function read(text: string | Uint8Array, mostBytes?: number): Promise<readonly string[]> {
  return readChunks([Buffer.from(text)], mostBytes);
}

async function readChunks(chunks: readonly Uint8Array[], mostBytes?: number): Promise<readonly string[]> {
  const records: string[] = [];
  for await (const record of readRecords(streamOf(chunks), mostBytes)) records.push(Buffer.from(record).toString());
  return records;
}

const encode = (record: string): string => `${Buffer.byteLength(record)}\n${record}`;

test("readRecords gives the records that were written, wherever chunks end", async () => {
  const random = seeded(17);
  const letters = ["a", "0", "\n", "é", "→", "😀", "{", "9"];
  for (let round = 0; round < 200; round++) {
    const records = Array.from({ length: random.below(6) }, () =>
      Array.from({ length: random.chance(0.1) ? 3000 : random.below(30) }, () => random.pick(letters)).join(""),
    );
    const bytes = Buffer.from(records.map(encode).join(""));
    const chunks: Uint8Array[] = [];
    const longest = random.pick([1, 3, 20, 5000]);
    for (let at = 0; at < bytes.length; ) {
      const length = random.below(longest + 1);
      chunks.push(bytes.subarray(at, at + length));
      at += length;
    }
    assert.deepEqual(await readChunks(chunks), records, `round ${round}`);
  }
});

test("readRecords counts bytes, not characters, and takes empty records and leading zeros", async () => {
  assert.deepEqual(await read("2\né0\n005\nabcde"), ["é", "", "abcde"]);
  assert.deepEqual(await read(""), []);
});

test("readRecords refuses what is no length, and says what stands there", async () => {
  for (const [text, pattern] of [
    ["<html>", /begins with "<"/],
    ["-1\nx", /begins with "-"/],
    ["1\r\nx", /begins with "1\\r"/],
    ["1.5\nx", /begins with "1\."/],
    ["\nx", /is empty/],
    [`${"1".repeat(21)}\n`, /instead of its length/],
    ["3\nabc4x", /begins with "4x"/],
  ] as const)
    await assert.rejects(read(text), (error) => error instanceof RecordStreamError && pattern.test(error.message), text);
});

test("readRecords refuses a record that is too long before any of it is held", async () => {
  await assert.rejects(read("11\n", 10), /a record has 11 bytes; at most 10 are taken/);
  await assert.rejects(read("99999999999999999999\n"), /at most 67108864 are taken/);
  assert.deepEqual(await read("10\n0123456789", 10), ["0123456789"]);
});

test("readRecords gives what came whole before it says that the stream ended too early", async () => {
  for (const [text, pattern] of [
    ["1\na3\nab", /ended 1 bytes before the end of a record/],
    ["1\na3", /ended within the length/],
  ] as const) {
    const records = readRecords(streamOf([Buffer.from(text)]));
    assert.equal(Buffer.from((await records.next()).value!).toString(), "a");
    await assert.rejects(records.next(), pattern);
  }
});
