/** What a fuzzer is: it tries many inputs that a seed tells, and says what came of them. The table of all is in `run-fuzz.ts`. */
import process from "node:process";

export interface FuzzOptions {
  /** The same seed makes the same inputs. */
  readonly seed: number;
  /** How many inputs. */
  readonly count: number;
  /** Says how far it is, to whoever waits. */
  readonly tell: (text: string) => void;
}

export interface FuzzReport {
  /** How many inputs came to each kind of end. */
  readonly outcomes: Readonly<Record<string, number>>;
  /** What should not have happened, each with its input and what repeats it. Empty is success. */
  readonly faults: readonly string[];
  /** Bytes by which memory had grown at the end since a tenth of the inputs was tried, garbage collected. */
  readonly growth?: number;
}

export interface Fuzzer {
  /** What it tries, for the usage. */
  readonly what: string;
  run(options: FuzzOptions): Promise<FuzzReport>;
}

/** More bytes of growth than this after the first tenth are a fault. */
export const mostGrowth = 50 * 2 ** 20;

/** Bytes that are in use, garbage collected; undefined where the host was not started with `--expose-gc`. */
export function measureMemory(): number | undefined {
  if (!globalThis.gc) return undefined;
  globalThis.gc();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
