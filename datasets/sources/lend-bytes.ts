/**
 * Bytes of a file for a moment: where the source can read into memory that is there, into buffers that this thread keeps and lends again and again. Memory
 * that is touched for the first time costs more than reading a file that the system has in memory.
 */
import { turn } from "../../base/turn.ts";
import type { ByteRange, ByteReader } from "./source.ts";

/** Of all kept buffers together. */
const mostKept = 2 ** 25;
const leastBuffer = 2 ** 16;

const free: Uint8Array[] = [];

/** Gives `use` the bytes; it keeps none of them, and waits for nothing. */
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

/** Milliseconds for which a thread may be held before it hears what others want of it. */
const longestHold = 20;
let heard = 0;

/** To be awaited before a thread is held again by reading. */
export async function giveTurn(): Promise<void> {
  if (performance.now() - heard < longestHold) return;
  await turn();
  heard = performance.now();
}

/** A buffer of at least so many bytes, which holds anything: the smallest that is free, or a new one. */
export function borrow(length: number): Uint8Array {
  const fitting = free.filter((buffer) => buffer.length >= length).sort((a, b) => a.length - b.length);
  const [best] = fitting;
  if (!best) return new Uint8Array(Math.max(leastBuffer, 2 ** Math.ceil(Math.log2(length))));
  free.splice(free.indexOf(best), 1);
  return best;
}

/** Whoever borrowed it keeps nothing of it. */
export function giveBack(buffer: Uint8Array): void {
  free.push(buffer);
  while (free.length > 1 && free.reduce((sum, { length }) => sum + length, 0) > mostKept) free.shift();
}
