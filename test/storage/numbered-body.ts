/** A body of 0 to 30,000 bytes that only its number makes. */
export function numberedBody(number: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array((number * 7919) % 30_000).fill(number & 255);
}
