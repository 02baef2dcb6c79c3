/** Descriptions of files as they are stored. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeDescription, decodeShape, encodeDescription, encodeShape } from "../../../datasets/catalogue/encode-description.ts";
import type { FileDescription, FileShape } from "../../../datasets/format.ts";

function shapeOf(columns: number): FileShape {
  const unsupported = Array.from({ length: columns }, (_, index) => ({ name: `column${index}`, reason: "it is a map" }));
  return { format: "parquet", digest: "d", unsupported, columns: new Map() };
}

function describe(values: number): FileDescription {
  const numbers = Float64Array.from({ length: values }, (_, index) => index * 1_000_003);
  return {
    shape: shapeOf(1),
    units: [{ entries: 1_000, firstEntry: 0 }],
    nullable: new Uint8Array(values),
    values: numbers,
    places: { starts: numbers },
  };
}

const isCompressed = (body: Uint8Array) => body[0] === 0x1f && body[1] === 0x8b;

test("encodeDescription and encodeShape compress what is long only, and both come back as they were", async () => {
  for (const [size, compressed] of [
    [3, false],
    [1_000, true],
  ] as const) {
    const description = describe(size);
    const body = await encodeDescription(description);
    assert.equal(isCompressed(body), compressed);
    assert.deepEqual(await decodeDescription(body, async () => description.shape), description);
    const shape = shapeOf(size);
    const written = await encodeShape(shape);
    assert.equal(isCompressed(written), compressed);
    assert.deepEqual(await decodeShape(written), shape);
  }
});

test("decodeDescription takes no body that was cut or changed, compressed or not", async () => {
  for (const size of [3, 1_000]) {
    const description = describe(size);
    const body = await encodeDescription(description);
    const decode = (bytes: Uint8Array) => decodeDescription(bytes, async () => description.shape);
    for (const length of [0, 3, body.length - 8]) await assert.rejects(decode(body.slice(0, length)), `${length} bytes`);
    const changed = body.slice();
    changed[body.length - 9]! ^= 1;
    await assert.rejects(decode(changed));
  }
});
