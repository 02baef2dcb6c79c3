/**
 * Where the time of one subtask went, in milliseconds, as the compute function tells it beside the partial: in the header
 * `Server-Timing`, so that the partial's bytes do not depend on it.
 */
export interface ComputeTiming {
  /** Getting the program from the store and compiling its module; 0 where this process had it. */
  readonly compiling: number;
  /** Waiting for the columns: for memory, for threads, and for what they read and decode. */
  readonly loading: number;
  /** Of loading: time that threads spent reading bytes; they may be several at a time. */
  readonly reading: number;
  /** Of loading: time that threads spent decompressing and decoding. */
  readonly decoding: number;
  /** Waiting for a free thread, with all columns there. */
  readonly thread: number;
  readonly computing: number;
  /** Bytes read from files for this subtask. */
  readonly bytes: number;
}

const durations = ["compiling", "loading", "reading", "decoding", "thread", "computing"] as const;

export function writeServerTiming(timing: ComputeTiming): string {
  return [...durations.map((name) => `${name};dur=${timing[name].toFixed(3)}`), `bytes;desc="${timing.bytes}"`].join(", ");
}

/** Undefined where a figure is missing or none, as from a host that does not measure. */
export function readServerTiming(header: string | null): ComputeTiming | undefined {
  const figures = new Map<string, number>();
  for (const [, name, value] of (header ?? "").matchAll(/(\w+);(?:dur=|desc=")([\d.]+)/g)) figures.set(name, Number(value));
  const complete = [...durations, "bytes"].every((name) => Number.isFinite(figures.get(name)));
  return complete ? (Object.fromEntries(figures) as unknown as ComputeTiming) : undefined;
}
