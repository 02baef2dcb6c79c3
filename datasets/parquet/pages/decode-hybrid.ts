/** Decodes Parquet's hybrid of run lengths and bit packing, for levels and dictionary indexes, with the kernels of a page's area. */
import { copyBytes } from "../../copy-bytes.ts";
import { hybridOutcomes } from "../../kernels/hybrid-kernels.ts";
import { isInArea } from "../../kernels/kernels.ts";
import type { PageContent } from "./page-content.ts";

/**
 * Decodes `count` values of 0 to 8 bits to a byte each, in memory taken from the content. `bytes` must lie in the content. Throws if they have too few values
 * or invalid ones.
 */
export function decodeLevels(content: PageContent, bytes: Uint8Array, width: number, count: number): Uint8Array {
  const levels = content.take(count);
  if (width === 0) levels.fill(0);
  else check(content.kernels.levels(bytes.byteOffset, bytes.length, width, count, levels.byteOffset), width);
  return levels;
}

/** Fills `output` with the dictionary's values of as many indexes of 0 to 32 bits. The dictionary takes space in the area, too, unless it is there already. */
export function decodeGathered(
  content: PageContent,
  bytes: Uint8Array,
  width: number,
  { output, dictionary, size }: { readonly output: Uint8Array; readonly dictionary: Uint8Array; readonly size: 1 | 4 | 8 },
): void {
  const known = isInArea(dictionary) ? dictionary : content.take(dictionary.length);
  if (known !== dictionary) known.set(dictionary);
  const values = content.take(output.length, output);
  const entries = dictionary.length / size;
  // Runs of zero-bit indexes are not written.
  if (width === 0 && entries > 0) for (let at = 0; at < values.length; at++) values[at] = known[at % size]!;
  else {
    const gather = content.kernels[`gather${size}`];
    const outcome =
      width === 0
        ? hybridOutcomes.beyondDictionary
        : gather(bytes.byteOffset, bytes.length, width, output.length / size, values.byteOffset, known.byteOffset, entries);
    check(outcome, width, entries);
  }
  copyBytes(values, output);
}

function check(outcome: number, width: number, entries = 0): void {
  switch (outcome) {
    case hybridOutcomes.sound:
      return;
    case hybridOutcomes.emptyRun:
      throw new Error("a run of levels or indexes is empty");
    case hybridOutcomes.tooWide:
      throw new Error(`a run holds what is no value of ${width} bits`);
    case hybridOutcomes.beyondDictionary:
      throw new Error(`a dictionary index is beyond the dictionary's ${entries} values`);
    default:
      throw new Error("a run of levels or indexes overruns its page");
  }
}
