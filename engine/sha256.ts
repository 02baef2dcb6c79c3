/** SHA-256 (FIPS 180-4). */
import { sha256 as digestHere } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";

/** Bytes that are hashed sooner here than by asking another thread, as `crypto.subtle` does. */
const mostHere = 4096;
const encoder = new TextEncoder();

export async function digest(bytes: Uint8Array): Promise<Uint8Array> {
  return bytes.length <= mostHere ? digestHere(bytes) : new Uint8Array(await crypto.subtle.digest("SHA-256", bytes.slice()));
}

/** Of the text's UTF-8, in hexadecimal. */
export async function sha256(text: string): Promise<string> {
  return bytesToHex(await digest(encoder.encode(text)));
}
