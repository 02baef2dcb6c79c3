/**
 * Decompresses LZ4 blocks: bare ones, as in ROOT and in LZ4_RAW pages, and those in Hadoop's framing, which most writers of Parquet mean by LZ4.
 *
 * It fills the output exactly from the whole input, or throws. It ends on any input.
 */
import { type Area, isInArea, slack, takeArea } from "../kernels/kernels.ts";

/**
 * Decompresses one block. `output` must have the stated length of the content. Input and output must both be in the kernels' area, with slack behind them, or
 * neither.
 */
export function decompressLz4Block(input: Uint8Array, output: Uint8Array): void {
  if (isInArea(output)) {
    run(takeArea(0), input.byteOffset, input.length, output.byteOffset, output.length);
    return;
  }
  const gap = input.length + slack;
  const area = takeArea(gap + output.length);
  area.bytes.set(input, area.base);
  run(area, area.base, input.length, area.base + gap, output.length);
  output.set(area.bytes.subarray(area.base + gap, area.base + gap + output.length));
}

function run({ kernels }: Area, from: number, bytes: number, to: number, length: number): void {
  if (kernels.lz4(from, bytes, to, length) !== 1)
    throw new Error(`its LZ4 block is damaged, or has not the ${length} bytes that are stated`);
}

/** Decompresses pieces that each follow their length and their compressed length; or one block, as some older writers have it. */
export function decompressHadoopLz4(input: Uint8Array, output: Uint8Array): void {
  const view = new DataView(input.buffer, input.byteOffset, input.byteLength);
  const pieces: { readonly start: number; readonly end: number; readonly length: number }[] = [];
  let at = 0;
  let total = 0;
  while (at + 8 <= input.length) {
    const piece = { start: at + 8, end: at + 8 + view.getUint32(at + 4), length: view.getUint32(at) };
    pieces.push(piece);
    at = piece.end;
    total += piece.length;
  }
  const isFramed = at === input.length && total === output.length;
  let to = 0;
  for (const { start, end, length } of isFramed ? pieces : [{ start: 0, end: input.length, length: output.length }]) {
    decompressLz4Block(input.subarray(start, end), output.subarray(to, to + length));
    to += length;
  }
}
