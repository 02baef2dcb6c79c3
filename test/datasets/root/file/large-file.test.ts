import assert from "node:assert/strict";
import { test } from "node:test";
import { readFileHeader } from "../../../../datasets/root/file/file-header.ts";
import { readKeys } from "../../../../datasets/root/file/keys.ts";
import { ReadWindows } from "../../../../datasets/root/file/read-windows.ts";

/** Numbers and strings as ROOT writes them. */
class Writer {
  readonly #bytes: number[] = [];

  int(value: number, bytes: number): this {
    for (let byte = bytes - 1; byte >= 0; byte--) this.#bytes.push(Math.floor(value / 256 ** byte) % 256);
    return this;
  }

  text(text: string): this {
    this.#bytes.push(text.length, ...new TextEncoder().encode(text));
    return this;
  }

  get bytes(): Uint8Array {
    return Uint8Array.from(this.#bytes);
  }
}

/** A key whose positions have 64 bits. */
function key({ bytes, seek, name, className }: { bytes: number; seek: number; name: string; className: string }): Uint8Array {
  const keyBytes = 18 + 16 + 3 + className.length + name.length;
  const head = new Writer().int(bytes, 4).int(1004, 2).int(bytes, 4).int(0, 4).int(keyBytes, 2).int(1, 2).int(seek, 8).int(100, 8);
  return head.text(className).text(name).text("").bytes;
}

test("a file of many gigabytes is read at positions of 64 bits", async () => {
  const [seekKeys, end] = [5_000_000_000, 9_000_000_000];
  const tree = key({ bytes: 700, seek: 8_589_934_700, name: "Events", className: "TTree" });
  const list = key({ bytes: 400, seek: seekKeys, name: "", className: "TFile" });
  const header = new Writer()
    .int(0x726f6f74, 4)
    .int(1_062_400, 4)
    .int(100, 4)
    .int(end, 8)
    .int(0, 8)
    .int(0, 8)
    .int(50, 4)
    .int(8, 1)
    .int(1, 4);
  const record = new Writer().int(1005, 2).int(0, 8).int(400, 4).int(50, 4).int(100, 8).int(0, 8).int(seekKeys, 8);
  const pieces: [number, Uint8Array][] = [
    [0, header.int(seekKeys + 400, 8).int(300, 4).bytes],
    [150, record.bytes],
    [seekKeys, list],
    [seekKeys + list.length, new Writer().int(1, 4).bytes],
    [seekKeys + list.length + 4, tree],
  ];
  const slice = async (from: number, to: number = end) => {
    const bytes = new Uint8Array(to - from);
    for (const [at, piece] of pieces) if (at >= from && at + piece.length <= to) bytes.set(piece, at - from);
    return bytes.buffer;
  };
  const file = new ReadWindows({ byteLength: end, slice });
  const { top, seekInfo } = await readFileHeader(file);
  assert.deepEqual([top.seekKeys, seekInfo], [seekKeys, seekKeys + 400]);
  const [found] = await readKeys(file, top);
  assert.deepEqual([found?.name, found?.seek, found?.bytes], ["Events", 8_589_934_700, 700]);
});
