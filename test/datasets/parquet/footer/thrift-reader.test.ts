import assert from "node:assert/strict";
import { test } from "node:test";
import { ByteWriter } from "hyparquet-writer/src/bytewriter.js";
import { serializeTCompactProtocol } from "hyparquet-writer/src/thrift.js";
import { ThriftReader } from "../../../../datasets/parquet/footer/thrift-reader.ts";

test("ThriftReader reads the fields it is asked for and skips all others", () => {
  const writer = new ByteWriter();
  serializeTCompactProtocol(writer, {
    field_1: -5,
    field_2: "text",
    field_3: { field_1: [1n, 2n], field_2: { field_1: "deep" }, field_40: true },
    field_4: [{ field_1: "a" }, { field_1: "b" }],
    field_7: 1.5,
    field_30: 2n ** 40n,
    field_31: false,
    field_32: true,
  });
  const reader = new ThriftReader(writer.getBytes());
  const read: Record<number, unknown> = {};
  for (let field = reader.field(0); field !== 0; field = reader.field(field)) {
    if (field === 1 || field === 30) read[field] = reader.integer();
    else if (field === 2) read[field] = reader.text();
    else if (field > 30) read[field] = reader.boolean();
    else reader.skip();
  }
  assert.deepEqual(read, { 1: -5, 2: "text", 30: 2 ** 40, 31: false, 32: true });
});

for (const [what, bytes, message] of [
  ["nothing", [], /ends in the middle/],
  ["a text that overruns", [0x18, 9, 65], /ends in the middle/],
  ["a list that is longer than the file", [0x19, 0xf8, 0xff, 0xff, 0x7f], /longer than what is left/],
  ["a number without end", [0x15, ...Array(11).fill(0x80)], /too many bytes|in the middle/],
  ["an unknown type", [0x1e, 0], /unknown type 14/],
  ["structures without end", Array(200).fill(0x1c), /nested too deeply/],
] as const) {
  test(`ThriftReader refuses ${what}`, () => {
    const reader = new ThriftReader(Uint8Array.from(bytes));
    assert.throws(() => {
      for (let field = reader.field(0); field !== 0; field = reader.field(field)) reader.skip();
      reader.integer();
    }, message);
  });
}
