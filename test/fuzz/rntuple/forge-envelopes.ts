/** RNTuples whose metadata lie: bytes of envelopes are others, and all checksums are right. For files whose envelopes are not compressed. */
import { createXXHash3 } from "hash-wasm";
import { EnvelopeReader } from "../../../datasets/root/rntuple/envelope-reader.ts";
import { readEnvelopeLink } from "../../../datasets/root/rntuple/read-envelope.ts";
import { findAnchor } from "../../datasets/root/rntuple/open-rntuple.ts";
import type { Seeded } from "../../support/seeded.ts";

const hasher = await createXXHash3();
const checksumBytes = 8;
const headBytes = 8;

interface Span {
  readonly start: number;
  readonly end: number;
}

export interface ForgeableFile {
  readonly bytes: Uint8Array;
  /** Header, footer, page lists. */
  readonly envelopes: readonly Span[];
  /** Where the header's checksum is repeated. */
  readonly copies: readonly number[];
}

export async function openForgeable(bytes: Buffer): Promise<ForgeableFile> {
  const { header, footer } = await findAnchor(bytes);
  const content = new EnvelopeReader(bytes, footer.offset + 2 * headBytes + checksumBytes, footer.offset + footer.length - checksumBytes);
  content.record();
  const groups = content.list(0);
  const links = [header, footer];
  for (let group = 0; group < groups.count; group++) {
    const record = groups.items.record();
    record.bytes(20);
    links.push(readEnvelopeLink(record));
  }
  const envelopes = links.map(({ offset, length }) => ({ start: offset, end: offset + length }));
  const [, foot, ...lists] = envelopes as [Span, Span, ...Span[]];
  // The slice of a Buffer is no copy.
  return { bytes: Uint8Array.from(bytes), envelopes, copies: [foot.start + 2 * headBytes, ...lists.map(({ start }) => start + headBytes)] };
}

export function forgeEnvelope({ bytes, envelopes, copies }: ForgeableFile, random: Seeded): Uint8Array {
  const forged = Uint8Array.from(bytes);
  const view = new DataView(forged.buffer);
  const { start, end } = random.pick(envelopes);
  for (let times = 0; times < 1 + random.below(3); times++) {
    const at = start + headBytes + random.below(end - start - headBytes - 2 * checksumBytes);
    const number = random.pick([0, 1, 2, 3, 7, 0x7f, 0xff, 0xffff, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, random.below(2 ** 32)]);
    switch (random.below(4)) {
      case 0:
        forged[at]! ^= 1 << random.below(8);
        break;
      case 1:
        forged[at] = number;
        break;
      case 2:
        view.setUint32(at, number, true);
        break;
      default:
        view.setBigUint64(at, random.pick([BigInt(number), -BigInt(number), BigInt(number) << 20n]), true);
    }
  }
  const [header] = envelopes;
  const sign = (envelope: Span) => {
    const content = envelope.end - checksumBytes;
    const checksum = hasher.init().update(forged.subarray(envelope.start, content)).digest("binary").reverse();
    forged.set(checksum, content);
    return checksum;
  };
  const checksum = sign(header!);
  for (const at of copies) forged.set(checksum, at);
  for (const envelope of envelopes.slice(1)) sign(envelope);
  return forged;
}
