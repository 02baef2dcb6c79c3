/** The interface of a fuzzer, which tries many inputs that follow from a seed, and reports the results. The table of all is in `run-fuzz.ts`. */
import process from "node:process";

export interface FuzzOptions {
  /** The same seed makes the same inputs. */
  readonly seed: number;
  /** How many inputs. */
  readonly count: number;
  /** Tells people about the progress. */
  readonly tell: (text: string) => void;
}

export interface FuzzReport {
  /** How many inputs came to each kind of end. */
  readonly outcomes: Readonly<Record<string, number>>;
  /** The faults, each with its input and how to repeat it. None means success. */
  readonly faults: readonly string[];
  /** Bytes by which memory had grown at the end since a tenth of the inputs was tried, garbage collected. */
  readonly growth?: number;
}

export interface Fuzzer {
  /** Describes what it tries, for the usage. */
  readonly what: string;
  run(options: FuzzOptions): Promise<FuzzReport>;
}

/** More bytes of growth than this after the first tenth are a fault. */
export const mostGrowth = 50 * 2 ** 20;

/** Returns the bytes in use after garbage collection; undefined if the host was not started with `--expose-gc`. */
export function measureMemory(): number | undefined {
  if (!globalThis.gc) return undefined;
  globalThis.gc();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
