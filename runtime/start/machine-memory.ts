import { totalmem } from "node:os";

/** Bytes of memory that this process may use: the machine's, or its container's where that is less. */
export function machineMemory(): number {
  // Node 20 gives 0 or an enormous number where there is no limit; Deno may not have the function.
  const limit = process.constrainedMemory?.() ?? 0;
  return limit > 0 ? Math.min(limit, totalmem()) : totalmem();
}
