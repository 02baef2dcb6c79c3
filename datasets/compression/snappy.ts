/**
 * Decompresses Snappy blocks as in Parquet's pages: the length of the content, then the content.
 *
 * It fills the output exactly from the whole input, or throws. It ends on any input.
 */
import { isInArea, slack, takeArea } from "../kernels/kernels.ts";

/** Decompresses one block. Input and output must both be in the kernels' area, with slack behind them, or neither. */
export function decompressSnappy(input: Uint8Array, output: Uint8Array): void {
  const { stated, start } = statedLength(input);
  if (stated !== output.length) throw new Error(`a page has ${stated} bytes after decompression, its header says ${output.length}`);
  const block = input.subarray(start);
  if (isInArea(output)) {
    run(block.byteOffset, block.length, output.byteOffset, output.length);
    return;
  }
  const gap = block.length + slack;
  const { bytes, base } = takeArea(gap + output.length);
  bytes.set(block, base);
  run(base, block.length, base + gap, output.length);
  output.set(bytes.subarray(base + gap, base + gap + output.length));
}

function run(from: number, bytes: number, to: number, length: number): void {
  if (takeArea(0).kernels.snappy(from, bytes, to, length) !== 1) throw new Error("its Snappy block is damaged");
}

/** Reads the stated length: seven bits per byte, the lowest first. */
function statedLength(input: Uint8Array): { readonly stated: number; readonly start: number } {
  let stated = 0;
  for (let at = 0; at < Math.min(5, input.length); at++) {
    stated += (input[at]! & 0x7f) * 2 ** (7 * at);
    if (input[at]! < 0x80) return { stated, start: at + 1 };
  }
  throw new Error("its Snappy block is damaged");
}
