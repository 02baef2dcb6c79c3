/** Decodes the present strings of a page to numbers of a dictionary, one per string, in `output`. Throws if there are too few bytes. */
import type { Encoding } from "hyparquet";
import type { StringDictionary } from "../../string-dictionary.ts";
import type { Values } from "../stored-values.ts";
import { decodeIndexes, decodeIntegers, viewOf } from "./decode-values.ts";
import type { PageContent } from "./page-content.ts";

/** `numbers` are the numbers of the strings in the chunk's dictionary page. */
export function decodeStrings(
  content: PageContent,
  bytes: Uint8Array,
  encoding: Encoding,
  strings: StringDictionary,
  output: Values,
  numbers: Values | undefined,
): void {
  if (output.length === 0) return;
  switch (encoding) {
    case "PLAIN":
      decodePlainStrings(bytes, strings, output);
      return;
    case "PLAIN_DICTIONARY":
    case "RLE_DICTIONARY":
      decodeIndexes(content, bytes, output, numbers);
      return;
    case "DELTA_LENGTH_BYTE_ARRAY": {
      const { values: lengths, end } = decodeLengths(content, bytes, 0, output.length);
      addAll(bytes, { first: end, lengths }, strings, output);
      return;
    }
    case "DELTA_BYTE_ARRAY":
      decodePrefixed(content, bytes, strings, output);
      return;
    default:
      throw new Error(`its encoding ${encoding} is not supported for text`);
  }
}

/** Decodes strings that each follow their length (uint32). */
export function decodePlainStrings(bytes: Uint8Array, strings: StringDictionary, output: Values): void {
  const view = viewOf(bytes);
  let at = 0;
  for (let index = 0; index < output.length; index++) {
    if (at + 4 > bytes.length) throw overrun();
    const from = at + 4;
    at = from + view.getUint32(at, true);
    if (at > bytes.length) throw overrun();
    output[index] = strings.add(bytes, from, at);
  }
}

/** Adds strings that lie one after another, from `first` on. */
function addAll(
  bytes: Uint8Array,
  { first, lengths }: { readonly first: number; readonly lengths: Int32Array },
  strings: StringDictionary,
  output: Values,
): void {
  let from = first;
  for (let index = 0; index < output.length; index++) {
    const to = from + lengths[index]!;
    if (to < from || to > bytes.length) throw overrun();
    output[index] = strings.add(bytes, from, to);
    from = to;
  }
}

/** Decodes strings of which the page first tells how many bytes each shares with the one before, then the lengths of the rests, then the rests themselves. */
function decodePrefixed(content: PageContent, bytes: Uint8Array, strings: StringDictionary, output: Values): void {
  const prefixes = decodeLengths(content, bytes, 0, output.length);
  const rests = decodeLengths(content, bytes, prefixes.end, output.length);
  let at = rests.end;
  let text = new Uint8Array(256);
  let before = 0;
  for (let index = 0; index < output.length; index++) {
    const kept = prefixes.values[index]!;
    const rest = rests.values[index]!;
    if (kept < 0 || kept > before || rest < 0 || at + rest > bytes.length) throw overrun();
    before = kept + rest;
    if (before > text.length) {
      const longer = new Uint8Array(2 * before);
      longer.set(text);
      text = longer;
    }
    text.set(bytes.subarray(at, at + rest), kept);
    at += rest;
    output[index] = strings.add(text, 0, before);
  }
}

/** Decodes one number per string, stored as differences from `start` on. */
function decodeLengths(
  content: PageContent,
  bytes: Uint8Array,
  start: number,
  count: number,
): { readonly values: Int32Array; readonly end: number } {
  const { values, end } = decodeIntegers(content, bytes.subarray(start), count, 4);
  return { values: new Int32Array(values.buffer, values.byteOffset, count), end: start + end };
}

const overrun = () => new Error("strings overrun their page");
