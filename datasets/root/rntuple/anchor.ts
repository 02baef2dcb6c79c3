/** Reads the anchor, the object in a ROOT file that tells where the header and the footer of an RNTuple lie. Big-endian, as all objects of ROOT files. */
import { prepareChecksums, verifyChecksum } from "./checksum.ts";
import type { EnvelopeLink } from "./read-envelope.ts";

export interface Anchor {
  readonly header: EnvelopeLink;
  readonly footer: EnvelopeLink;
}

/** The bytes of an object's header: byte count and version. */
const objectHead = 6;
/** The bytes of four version numbers and seven lengths and places. */
const fieldBytes = 64;
const checksumBytes = 8;

/** `object` is the decompressed content of the anchor's key. Later versions may have more fields after the known ones. */
export async function parseAnchor(object: Uint8Array): Promise<Anchor> {
  const epoch = object.length < objectHead + 4 ? 1 : (object[objectHead]! << 8) | object[objectHead + 1]!;
  // Anchors of earlier versions have other fields and perhaps no checksum.
  if (epoch === 0)
    throw new Error("it is an RNTuple from before version 1.0, whose format was not yet settled: write it again with ROOT 6.34 or later");
  if (epoch !== 1) throw new Error(`it is an RNTuple of version ${epoch}; versions 1 are supported`);
  if (object.length < objectHead + fieldBytes + checksumBytes) throw new Error(`its anchor has ${object.length} bytes, too few`);
  await prepareChecksums();
  const fields = object.subarray(objectHead, object.length - checksumBytes);
  verifyChecksum(fields, object.subarray(object.length - checksumBytes), "its anchor", true);
  const view = new DataView(fields.buffer, fields.byteOffset, fields.byteLength);
  const link = (at: number): EnvelopeLink => {
    const [offset, bytes, length] = [0, 8, 16].map((more) => Number(view.getBigUint64(at + more)));
    return { offset: offset!, bytes: bytes!, length: length! };
  };
  return { header: link(8), footer: link(32) };
}
