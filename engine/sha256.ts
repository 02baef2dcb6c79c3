/** SHA-256 (FIPS 180-4). */
import { sha256 as digestHere } from "@noble/hashes/sha2.js";

/** Up to this many bytes, hashing on this thread takes less time than `crypto.subtle`, which asks another thread. */
const mostHere = 4096;
const encoder = new TextEncoder();
/** For short texts, so that these need no memory of their own. */
const scratch = new Uint8Array(1024);

export async function digest(bytes: Uint8Array): Promise<Uint8Array> {
  return bytes.length <= mostHere ? digestHere(bytes) : new Uint8Array(await crypto.subtle.digest("SHA-256", bytes.slice()));
}

const digits = Uint8Array.from("0123456789abcdef", (digit) => digit.charCodeAt(0));

/** Makes the text in one step: datasets keep thousands of them, and a text that is joined from 64 pieces takes a kilobyte. */
export function toHexadecimal(bytes: Uint8Array): string {
  const codes: number[] = [];
  for (const byte of bytes) codes.push(digits[byte >>> 4]!, digits[byte & 15]!);
  return String.fromCharCode(...codes);
}

/** The SHA-256 of the text's UTF-8 bytes, in hexadecimal. */
export async function sha256(text: string): Promise<string> {
  // A UTF-16 unit takes at most three bytes in UTF-8.
  if (3 * text.length > scratch.length) return toHexadecimal(await digest(encoder.encode(text)));
  return toHexadecimal(digestHere(scratch.subarray(0, encoder.encodeInto(text, scratch).written)));
}
