/**
 * Stores bodies that are too large for one document (16 MB) as pieces in a collection of their own. They are written before the document that names them
 * and removed after it. Pieces that a crash leaves without such a document are removed when they expire.
 */
import { randomUUID } from "node:crypto";
import type { Binary, Collection } from "mongodb";
import { StoreError } from "../store-error.ts";
import type { Connection } from "./connection.ts";
import type { Used } from "./last-access.ts";

export interface PieceDocument extends Used {
  readonly body: Binary | Uint8Array;
}

/** Names the pieces of a body: `set:0` to `set:(count - 1)`. */
export interface Split {
  readonly set: string;
  readonly count: number;
}

export const pieceBytes = 8 * 2 ** 20;

export const pieceKeys = ({ set, count }: Split): readonly string[] => Array.from({ length: count }, (_, index) => `${set}:${index}`);

export async function putPieces(
  connection: Connection,
  pieces: Collection<PieceDocument>,
  { body, stamp }: { readonly body: Uint8Array; readonly stamp: { readonly used: Date; readonly expires?: Date } },
): Promise<Split> {
  const split = { set: randomUUID(), count: Math.ceil(body.length / pieceBytes) };
  for (const [index, _id] of pieceKeys(split).entries()) {
    const piece = { ...stamp, body: body.subarray(index * pieceBytes, (index + 1) * pieceBytes) };
    await connection.write("store a large body", () => pieces.replaceOne({ _id }, piece, { upsert: true }));
  }
  return split;
}

/** Throws `StoreError` if a piece is missing or has another length. */
export async function getPieces(
  connection: Connection,
  pieces: Collection<PieceDocument>,
  { split, size }: { readonly split: Split; readonly size: number },
): Promise<Uint8Array<ArrayBuffer>> {
  const body = new Uint8Array(size);
  for (const [index, _id] of pieceKeys(split).entries()) {
    const found = await connection.read("read a large body", () => pieces.findOne({ _id }, { promoteBuffers: true }));
    const piece = found?.body as Uint8Array | undefined;
    const start = index * pieceBytes;
    if (piece?.length !== Math.min(pieceBytes, size - start)) throw new StoreError("damaged", `piece ${index} of a large body is missing`);
    body.set(piece, start);
  }
  return body;
}

export async function dropPieces(connection: Connection, pieces: Collection<PieceDocument>, splits: readonly Split[]): Promise<void> {
  const keys = splits.flatMap(pieceKeys);
  if (keys.length > 0) await connection.write("remove a large body", () => pieces.deleteMany({ _id: { $in: [...keys] } }));
}
