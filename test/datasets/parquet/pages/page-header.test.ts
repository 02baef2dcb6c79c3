import assert from "node:assert/strict";
import { test } from "node:test";
import { parsePageHeader } from "../../../../datasets/parquet/pages/page-header.ts";

const [boolean, integer, binary, struct, stop] = [1, 5, 8, 12, 0];

/** Fields whose numbers rise by `step`, in Thrift's compact protocol: integers below 64 and above −65 take one byte. */
const field = (step: number, type: number, ...value: readonly number[]) => [(step << 4) | type, ...value];
const number = (value: number, step = 1) => field(step, integer, value >= 0 ? 2 * value : -2 * value - 1);
const own = (step: number, ...fields: readonly (readonly number[])[]) => field(step, struct, ...fields.flat(), stop);
const header = (...fields: readonly (readonly number[])[]) => Uint8Array.from([...fields.flat(), stop]);

test("parsePageHeader reads a data page of the first version and passes over its statistics", () => {
  const statistics = own(1, field(1, binary, 3, 0xff, 0xff, 0xff));
  const bytes = header(number(0), number(40), number(30), number(-5), own(1, number(7), number(8), number(3), number(4), statistics));
  assert.deepEqual(parsePageHeader(Uint8Array.from([...bytes, 99, 99])), {
    kind: "data1",
    bytes: bytes.length,
    size: 40,
    storedSize: 30,
    crc: -5,
    values: 7,
    encoding: "RLE_DICTIONARY",
    levelEncodings: ["BIT_PACKED", "RLE"],
    levelBytes: [-1, -1],
    isCompressed: true,
  });
});

test("parsePageHeader reads the lengths of levels of the second version, and whether the page is compressed", () => {
  const page = (...more: readonly (readonly number[])[]) =>
    parsePageHeader(
      header(number(3), number(40), number(30), own(5, number(7), number(1), number(6), number(0), number(9), number(8), ...more)),
    );
  const { kind, values, encoding, levelBytes, isCompressed, crc } = page(field(1, boolean + 1));
  assert.deepEqual(
    { kind, values, encoding, levelBytes, isCompressed, crc },
    {
      kind: "data2",
      values: 7,
      encoding: "PLAIN",
      levelBytes: [8, 9],
      isCompressed: false,
      crc: undefined,
    },
  );
  assert.equal(page(field(1, boolean)).isCompressed, true);
  assert.equal(page().isCompressed, true);
});

test("parsePageHeader reads dictionary pages and passes over index pages", () => {
  const dictionary = parsePageHeader(header(number(2), number(40), number(30), own(4, number(7), number(2), field(1, boolean))));
  assert.deepEqual([dictionary.kind, dictionary.values, dictionary.encoding], ["dictionary", 7, "PLAIN_DICTIONARY"]);
  assert.equal(parsePageHeader(header(number(1), number(4), number(4), own(3))).kind, "index");
});

test("parsePageHeader refuses what is cut off anywhere, has an unknown type, lacks its own part, or has numbers that are none", () => {
  const whole = header(number(0), number(40), number(30), own(2, number(7), number(0), number(3), number(3)));
  for (let length = 0; length < whole.length; length++) assert.throws(() => parsePageHeader(whole.subarray(0, length)), Error, `${length}`);
  assert.throws(() => parsePageHeader(header(number(4), number(40), number(30))), /unknown type/);
  assert.throws(() => parsePageHeader(header(number(40), number(30))), /unknown type/);
  assert.throws(() => parsePageHeader(header(number(0), number(40), number(30))), /lacks its header/);
  assert.throws(() => parsePageHeader(header(number(0), number(40), number(30), own(4, number(7)))), /lacks its header/);
  assert.throws(() => parsePageHeader(header(number(0), field(1, binary, 1, 0))), /a number is none/);
  assert.throws(() => parsePageHeader(header(number(0), number(1), number(1), number(1, 2))), /a structure is none/);
});
