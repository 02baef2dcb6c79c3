/**
 * Encodes outcomes as bytes, in the form of the answer of `POST /compute`. All numbers are little-endian:
 *
 *   0   8 bytes   "femtoqC1"
 *   8   16 bytes  the first half of the SHA-256 of everything after it
 *   24  u32       length of the header in bytes
 *   28  4 bytes   zero
 *   32  header    JSON: one object for each outcome, in the order of the request
 *       partials  the partials of the outcomes that have one, one after another
 *
 * The number in the first eight bytes changes whenever the form does.
 */
import { digest } from "../../engine/sha256.ts";
import type { ComputeTiming, Outcome } from "./executor.ts";

export const outcomesType = "application/vnd.femtoq.outcomes";

const magic = new TextEncoder().encode("femtoqC1");
const headerAt = 32;

/** An outcome in the header. `bytes` is the length of its partial. */
type Described =
  | { readonly kind: "partial"; readonly bytes: number; readonly timing?: ComputeTiming }
  | Exclude<Outcome, { readonly kind: "partial" }>;

export async function encodeOutcomes(outcomes: readonly Outcome[]): Promise<Uint8Array<ArrayBuffer>> {
  const described = outcomes.map((outcome): Described => {
    if (outcome.kind !== "partial") return outcome;
    const { partial, ...rest } = outcome;
    return { ...rest, bytes: partial.length };
  });
  const header = new TextEncoder().encode(JSON.stringify(described));
  const partials = outcomes.flatMap((outcome) => (outcome.kind === "partial" ? [outcome.partial] : []));
  const bytes = new Uint8Array(headerAt + header.length + partials.reduce((sum, partial) => sum + partial.length, 0));
  bytes.set(magic);
  new DataView(bytes.buffer).setUint32(24, header.length, true);
  bytes.set(header, headerAt);
  let at = headerAt + header.length;
  for (const partial of partials) {
    bytes.set(partial, at);
    at += partial.length;
  }
  bytes.set(await checksum(bytes), 8);
  return bytes;
}

/** The bytes are not outcomes in this version's form, or were damaged on the way. */
export class DamagedOutcomes extends Error {
  override readonly name = "DamagedOutcomes";
}

/** Decodes outcomes. Throws `DamagedOutcomes`, also if their number is not `expected`. Each partial has memory of its own. */
export async function decodeOutcomes(bytes: Uint8Array<ArrayBuffer>, expected: number): Promise<readonly Outcome[]> {
  if (bytes.length < headerAt || magic.some((byte, index) => bytes[index] !== byte))
    throw new DamagedOutcomes("it is not an answer of the compute function, version 1");
  const sum = await checksum(bytes);
  if (sum.some((byte, index) => bytes[8 + index] !== byte)) throw new DamagedOutcomes("its checksum does not match its content");
  let at = headerAt + new DataView(bytes.buffer, bytes.byteOffset).getUint32(24, true);
  const described = JSON.parse(new TextDecoder().decode(bytes.subarray(headerAt, at))) as readonly Described[];
  if (described.length !== expected) throw new DamagedOutcomes(`it has ${described.length} outcomes of ${expected}`);
  return described.map((each): Outcome => {
    if (each.kind !== "partial") return each;
    const { bytes: length, ...rest } = each;
    at += length;
    return { ...rest, partial: bytes.slice(at - length, at) };
  });
}

async function checksum(bytes: Uint8Array): Promise<Uint8Array> {
  return (await digest(bytes.subarray(24))).subarray(0, 16);
}
