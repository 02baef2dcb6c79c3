/**
 * Encodes a transaction as the bytes of a request. The client's own encoder takes several times as long, and that would be most of what a large query costs its
 * dispatcher. If the session has a name and password, only these may use the znodes that it creates; otherwise everybody may.
 */
import { Buffer } from "node:buffer";
import type { Operation } from "./operations.ts";

export interface TransactionOptions {
  /** The request's number. */
  readonly xid: number;
  readonly isOwned: boolean;
}

export const transactionType = 14;
const types = { create: 1, remove: 2, set: 5, check: 13 } as const;
const flags = { plain: 0, ephemeral: 1, sequential: 2, "ephemeral-sequential": 3 } as const;

const allPermissions = 31;
const everybody = encodeAcl("world", "anyone");
const creator = encodeAcl("auth", "");

/** The most bytes that an operation takes in addition to its path, its data and its access list: for its head, lengths, flags and version. */
const fixedBytes = 32;
const headBytes = 9;

export function encodeTransaction(operations: readonly Operation[], { xid, isOwned }: TransactionOptions): Buffer {
  const acl = isOwned ? creator : everybody;
  let size = 12 + headBytes;
  for (const operation of operations) {
    const data = "data" in operation ? (operation.data?.length ?? 0) : 0;
    // UTF-8 takes at most three bytes for each UTF-16 unit.
    size += fixedBytes + 3 * operation.path.length + data + acl.length;
  }
  const buffer = Buffer.allocUnsafe(size);
  let at = buffer.writeInt32BE(xid, 4);
  at = buffer.writeInt32BE(transactionType, at);
  for (const operation of operations) {
    at = writeHead(buffer, at, types[operation.kind]);
    const length = buffer.write(operation.path, at + 4);
    buffer.writeInt32BE(length, at);
    at += 4 + length;
    switch (operation.kind) {
      case "create":
        at = writeData(buffer, at, operation.data);
        at += acl.copy(buffer, at);
        at = buffer.writeInt32BE(flags[operation.mode ?? "plain"], at);
        break;
      case "set":
        at = writeData(buffer, at, operation.data);
        at = buffer.writeInt32BE(operation.version ?? -1, at);
        break;
      case "remove":
      case "check":
        at = buffer.writeInt32BE(operation.version ?? -1, at);
        break;
    }
  }
  at = writeHead(buffer, at, -1);
  buffer.writeInt32BE(at - 4, 0);
  return buffer.subarray(0, at);
}

/** Writes the head of an operation. Type −1 marks the end of the transaction. */
function writeHead(buffer: Buffer, at: number, type: number): number {
  const next = buffer.writeInt8(type === -1 ? 1 : 0, buffer.writeInt32BE(type, at));
  return buffer.writeInt32BE(-1, next);
}

function writeData(buffer: Buffer, at: number, data: Buffer | undefined): number {
  const next = buffer.writeInt32BE(data?.length ?? -1, at);
  return next + (data?.copy(buffer, next) ?? 0);
}

function encodeAcl(scheme: string, id: string): Buffer {
  const numbers = (...values: readonly number[]) => {
    const bytes = Buffer.alloc(4 * values.length);
    for (const [index, value] of values.entries()) bytes.writeInt32BE(value, 4 * index);
    return bytes;
  };
  return Buffer.concat([numbers(1, allPermissions, scheme.length), Buffer.from(scheme), numbers(id.length), Buffer.from(id)]);
}
