/**
 * LZ4 blocks, as ROOT and LZ4_RAW pages have them, and in Hadoop's framing, as most writers mean by LZ4 in Parquet.
 *
 * Promises: fills the output exactly from the whole input, or throws; ends on any input.
 */

/** `output` is as long as the content is stated to be. */
export function decompressLz4Block(input: Uint8Array, output: Uint8Array): void {
  let from = 0;
  let to = 0;
  const extended = (length: number): number => {
    let total = length;
    if (length !== 15) return total;
    for (let byte = 255; byte === 255; total += byte) {
      if (from >= input.length) throw damaged();
      byte = input[from++]!;
    }
    return total;
  };
  while (from < input.length) {
    const token = input[from++]!;
    const literals = extended(token >> 4);
    if (literals > input.length - from || literals > output.length - to) throw damaged();
    output.set(input.subarray(from, from + literals), to);
    from += literals;
    to += literals;
    if (from === input.length) break;
    const offset = input[from]! | ((input[from + 1] ?? 0) << 8);
    from += 2;
    const length = extended(token & 15) + 4;
    if (offset === 0 || offset > to || length > output.length - to || from >= input.length) throw damaged();
    if (offset >= length) output.copyWithin(to, to - offset, to - offset + length);
    else for (let at = to; at < to + length; at++) output[at] = output[at - offset]!;
    to += length;
  }
  if (to !== output.length) throw new Error(`its LZ4 block has ${to} bytes, stated are ${output.length}`);
}

/** Pieces, each after its length and its compressed length; or one block, as some older writers have it. */
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

const damaged = () => new Error("its LZ4 block is damaged");
