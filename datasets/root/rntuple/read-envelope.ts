/** Reads an envelope: finds it, decompresses its content and verifies its checksum. */
import type { ByteReader } from "../../sources/source.ts";
import { decompressInto, prepareCodecs } from "../compression/decompress.ts";
import { prepareChecksums, verifyChecksum } from "./checksum.ts";
import { EnvelopeReader } from "./envelope-reader.ts";

/** The numbers of the types of envelopes. */
const envelopeTypes = { header: 1, footer: 2, "page list": 3 } as const;

/** Bytes [offset, offset + bytes) of the file. */
export interface Locator {
  readonly offset: number;
  readonly bytes: number;
}

export interface EnvelopeLink extends Locator {
  /** The decompressed length. */
  readonly length: number;
}

/** The bytes of type and length before the content, and of the checksum after it. */
const frameBytes = 16;
const checksumBytes = 8;
/** The best compression ratio that is accepted. Real envelopes reach some 10. */
const mostExpansion = 2 ** 10;

/** An envelope's content, and its checksum, by which other envelopes refer to it. */
export async function readEnvelope(
  file: ByteReader,
  link: EnvelopeLink,
  name: keyof typeof envelopeTypes,
): Promise<{ readonly content: EnvelopeReader; readonly checksum: Uint8Array }> {
  const { offset, bytes, length } = link;
  const what = `its ${name} (${bytes} bytes at ${offset})`;
  if (!(offset + bytes <= file.byteLength)) throw new Error(`${what} lies beyond the end of the file, which has ${file.byteLength} bytes`);
  if (length < frameBytes || bytes > length || length > bytes * mostExpansion) throw new Error(`${what} cannot have ${length} bytes`);
  await Promise.all([prepareCodecs(), prepareChecksums()]);
  const stored = new Uint8Array(await file.slice(offset, offset + bytes));
  let envelope = stored;
  if (bytes !== length) {
    envelope = new Uint8Array(length);
    decompressInto(stored, envelope);
  }
  const checksum = envelope.subarray(length - checksumBytes);
  verifyChecksum(envelope.subarray(0, length - checksumBytes), checksum, what);
  const content = new EnvelopeReader(envelope, 0, length - checksumBytes);
  const type = content.u16();
  const stated = content.u16() + content.u32() * 2 ** 16;
  if (type !== envelopeTypes[name] || stated !== length) throw new Error(`${what} is something else`);
  return { content, checksum };
}

/** Reads a locator; throws unless it is a place in this file. */
export function readLocator(reader: EnvelopeReader): Locator {
  const size = reader.i32();
  if (size >= 0) return { bytes: size, offset: reader.u64() };
  const type = (size >>> 24) & 0x7f;
  if (type !== 1) throw new Error(`a locator of type ${type} is not supported`);
  return { bytes: reader.u64(), offset: reader.u64() };
}

export function readEnvelopeLink(reader: EnvelopeReader): EnvelopeLink {
  return { length: reader.u64(), ...readLocator(reader) };
}
