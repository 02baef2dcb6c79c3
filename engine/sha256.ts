/** SHA-256 (FIPS 180-4). */
import { sha256 as digestHere } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";

/** Up to this many bytes, hashing on this thread takes less time than `crypto.subtle`, which asks another thread. */
const mostHere = 4096;
const encoder = new TextEncoder();

export async function digest(bytes: Uint8Array): Promise<Uint8Array> {
  return bytes.length <= mostHere ? digestHere(bytes) : new Uint8Array(await crypto.subtle.digest("SHA-256", bytes.slice()));
}

export const toHexadecimal = bytesToHex;

/** The SHA-256 of the text's UTF-8 bytes, in hexadecimal. */
export async function sha256(text: string): Promise<string> {
  return bytesToHex(await digest(encoder.encode(text)));
}
