/** How programs, plans and queries are written as bytes. A plan is written in pieces, so that none takes long to read or write. */
import type { StoredPartition, StoredPlan, StoredProgram } from "./store.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** A plan without its partitions, and how many pieces hold these. */
export interface PlanHead extends Omit<StoredPlan, "partitions"> {
  readonly pieces: number;
}

const partitionsPerPiece = 2000;

export function encodeJson(value: unknown): Bytes {
  return new TextEncoder().encode(JSON.stringify(value));
}

export function decodeJson<T>(bytes: Uint8Array): T {
  return JSON.parse(new TextDecoder().decode(bytes)) as T;
}

/** Length of the JSON (uint32, little-endian), the JSON, the module. */
export function encodeProgram({ programKey, program, module }: StoredProgram): Bytes {
  const json = encodeJson({ programKey, program });
  const bytes = new Uint8Array(4 + json.length + module.length);
  new DataView(bytes.buffer).setUint32(0, json.length, true);
  bytes.set(json, 4);
  bytes.set(module, 4 + json.length);
  return bytes;
}

export function decodeProgram(bytes: Bytes): StoredProgram {
  const end = 4 + new DataView(bytes.buffer).getUint32(0, true);
  return { ...decodeJson<Omit<StoredProgram, "module">>(bytes.slice(4, end)), module: bytes.slice(end) };
}

export function headOfPlan({ partitions, ...head }: StoredPlan): PlanHead {
  return { ...head, pieces: Math.ceil(partitions.length / partitionsPerPiece) };
}

export function pieceOfPlan(plan: StoredPlan, piece: number): readonly StoredPartition[] {
  return plan.partitions.slice(piece * partitionsPerPiece, (piece + 1) * partitionsPerPiece);
}

export function joinPlan({ pieces: _, ...head }: PlanHead, pieces: readonly (readonly StoredPartition[])[]): StoredPlan {
  return { ...head, partitions: pieces.flat() };
}
