/**
 * Lends the bytes of a file for a moment. If the source can read into given memory, this thread reuses its own buffers: touching new memory costs more
 * than reading a file that the system has cached.
 */
import { turn } from "../../base/turn.ts";
import type { ByteRange, ByteReader } from "./source.ts";

/** The most bytes of all free buffers together. */
const mostKept = 2 ** 25;
const leastBuffer = 2 ** 16;

const free: Uint8Array[] = [];

/** Calls `use` with the bytes. It must not keep them, nor wait for anything. */
export async function lendBytes<Result>(file: ByteReader, { start, end }: ByteRange, use: (bytes: Uint8Array) => Result): Promise<Result> {
  if (!file.readInto) return use(new Uint8Array(await file.slice(start, end)));
  if (file.readNow) await giveTurn();
  const buffer = borrow(end - start);
  try {
    const bytes = buffer.subarray(0, end - start);
    if (file.readNow) file.readNow(bytes, start);
    else await file.readInto(bytes, start);
    return use(bytes);
  } finally {
    giveBack(buffer);
  }
}

/** The most milliseconds that a thread may be blocked before it handles other events. */
const longestHold = 20;
let heard = 0;

/** Must be awaited before a read that blocks the thread; lets other events be handled from time to time. */
export async function giveTurn(): Promise<void> {
  if (performance.now() - heard < longestHold) return;
  await turn();
  heard = performance.now();
}

/** A buffer of at least `length` bytes with arbitrary content: the smallest free one that fits, or a new one. */
export function borrow(length: number): Uint8Array {
  const fitting = free.filter((buffer) => buffer.length >= length).sort((a, b) => a.length - b.length);
  const [best] = fitting;
  if (!best) return new Uint8Array(Math.max(leastBuffer, 2 ** Math.ceil(Math.log2(length))));
  free.splice(free.indexOf(best), 1);
  return best;
}

/** Returns a borrowed buffer, which the borrower must no longer use. */
export function giveBack(buffer: Uint8Array): void {
  free.push(buffer);
  while (free.length > 1 && free.reduce((sum, { length }) => sum + length, 0) > mostKept) free.shift();
}
