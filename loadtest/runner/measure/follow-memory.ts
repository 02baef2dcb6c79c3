/** Follows the memory of several processes over time. */

import type { Target } from "../target.ts";
import { readMemory } from "./read-memory.ts";

export interface ProcessMemory {
  readonly name: string;
  readonly samples: readonly MemorySample[];
}

export interface MemorySample {
  /** Minutes since following began. */
  readonly minute: number;
  /** Resident memory. */
  readonly megabytes: number;
  /** Resident memory without pages of files. */
  readonly own: number;
}

/**
 * Takes a sample every `pause` milliseconds until the returned function is called, which gives all samples. A process that is gone has no
 * further ones.
 */
export function followMemory(processes: Target["processes"], pause: number): () => readonly ProcessMemory[] {
  const found = processes.map(({ name, pid }) => ({ name, pid, samples: [] as MemorySample[] }));
  const start = performance.now();
  const look = async ({ pid, samples }: (typeof found)[number]) => {
    const minute = (performance.now() - start) / 60_000;
    const { resident, mapped } = await readMemory(pid);
    samples.push({ minute, megabytes: resident / 1e6, own: (resident - mapped) / 1e6 });
  };
  const lookAtAll = () => {
    for (const each of found)
      look(each).catch((error: unknown) => process.stderr.write(`Cannot read the memory of ${each.name}: ${error}\n`));
  };
  lookAtAll();
  const timer = setInterval(lookAtAll, pause);
  return () => {
    clearInterval(timer);
    return found.map(({ name, samples }) => ({ name, samples }));
  };
}
