/** Loads columns of one partition into blocks of a slab, on a worker thread. */
import { boundValues } from "../../datasets/cache/bound-values.ts";
import { readThrough } from "../../datasets/cache/disk/read-through.ts";
import { firstDifference, offsetsRead } from "../../datasets/cache/shared-offsets.ts";
import { type Block, taken } from "../../datasets/cache/slab.ts";
import type { ColumnTarget } from "../../datasets/dataset.ts";
import type { ByteReader, Source } from "../../datasets/sources/source.ts";
import { sourceOf } from "../../datasets/sources/sources.ts";
import { runPhase, runPhases, stopFlag } from "../../engine/compile/work-area.ts";
import type { DType } from "../../engine/program/schema.ts";
import { heedFlags, type RunArea, RunStopped } from "../../engine/run/run-program.ts";
import { describe } from "./describe-failure.ts";
import type { ColumnToLoad, LoadBefore, LoadOutcome } from "./worker-messages.ts";

interface LoadOptions {
  readonly memory: WebAssembly.Memory;
  readonly signalOf?: (index: number) => AbortSignal;
  readonly source?: Pick<Source, "open">;
}

/** Never rejects. */
export async function loadColumns(
  columns: readonly ColumnToLoad[],
  { memory, signalOf, source }: LoadOptions,
): Promise<readonly LoadOutcome[]> {
  const wanted = columns.map((column, index) => ({
    location: column.location,
    target: targetOf(memory, column),
    signal: signalOf?.(index),
    disk: column.disk,
  }));
  const outcomes = await readThrough(wanted, { mayBlock: true, mayShareOffsets: true, ...(source && { source }) });
  return outcomes.map((outcome, index) => {
    if (outcome.status === "rejected") return { kind: "failed", failure: describe(outcome.reason) };
    const { cost } = outcome.value;
    const begun = performance.now();
    const bounds = boundColumn(memory, columns[index]!, outcome.value.values);
    return { kind: "column", ...outcome.value, bounds, cost: { ...cost, decoding: cost.decoding + (performance.now() - begun) } };
  });
}

interface BeforeOptions extends Pick<RunArea, "memory" | "work" | "onHeed" | "onWait"> {}

/**
 * Loads the columns that a run lacks, when it has its turn. They are usable for it if all were loaded and their lists are as long as those of the columns with
 * which they are read. Throws `RunStopped` if the run was stopped before; if it is stopped meanwhile, the columns that are left have failed as interrupted.
 */
export async function loadBefore(
  { columns, offsets }: LoadBefore,
  { memory, work, onHeed, onWait }: BeforeOptions,
): Promise<{ readonly outcomes: readonly LoadOutcome[]; readonly isUsable: boolean }> {
  const flags = new Int32Array(memoryOf(memory, [work]).buffer, work.address, 4);
  try {
    heedFlags(flags, { onHeed, onWait });
    Atomics.store(flags, runPhase / 4, runPhases.loading);
    const isStopped = () => Atomics.load(flags, stopFlag / 4) !== 0;
    const outcomes = await loadColumns(columns, { memory, source: stoppable(columns[0]!, isStopped) });
    const kept = outcomes.map((outcome): LoadOutcome => {
      return outcome.kind === "failed" && isStopped() ? { kind: "failed", failure: { kind: "interrupted" } } : outcome;
    });
    return { outcomes: kept, isUsable: agree(memory, { columns, offsets }, outcomes) };
  } finally {
    Atomics.store(flags, runPhase / 4, runPhases.ended);
  }
}

/** The source of the column's file, of which nothing more is read once the run is stopped. */
function stoppable({ location }: ColumnToLoad, isStopped: () => boolean): Pick<Source, "open"> {
  const refuseStopped = () => {
    if (isStopped()) throw new RunStopped("the run was stopped");
  };
  const { open } = sourceOf(location.file.path);
  const wrap = (reader: ByteReader): ByteReader => ({
    ...reader,
    async slice(...args) {
      refuseStopped();
      return await reader.slice(...args);
    },
    ...(reader.readInto && {
      async readInto(...args) {
        refuseStopped();
        await reader.readInto!(...args);
      },
    }),
    ...(reader.readNow && {
      readNow(...args) {
        refuseStopped();
        reader.readNow!(...args);
      },
    }),
  });
  return { open: (file, use, options) => open(file, (reader) => use(wrap(reader)), options) };
}

/** Whether all columns were read, and all that have a list have the same lengths of it. */
function agree(memory: WebAssembly.Memory, { columns, offsets }: LoadBefore, outcomes: readonly LoadOutcome[]): boolean {
  const arrayOf = ({ address, bytes }: Block) => new Uint32Array(memory.buffer, address, bytes / 4);
  memoryOf(memory, [...offsets.values(), ...columns.flatMap((column) => column.offsets)]);
  const known = new Map([...offsets].map(([list, block]) => [list, arrayOf(block)]));
  try {
    return columns.every(({ location, offsets: own }, index) => {
      const outcome = outcomes[index]!;
      if (outcome.kind === "failed") return false;
      const arrays = (outcome.offsetsOf === undefined ? own : columns[outcome.offsetsOf]!.offsets).map(arrayOf);
      return offsetsRead(location, outcome.values, arrays).every((count, level) => {
        const list = location.column.lists[level]!;
        const lengths = arrays[level]!.subarray(0, count);
        const others = known.get(list);
        known.set(list, others ?? lengths);
        return !others || (others.length >= count && firstDifference(lengths, others.subarray(0, count)) === undefined);
      });
    });
  } catch {
    // What does not belong together is no array to run over; the column cache will say why.
    return false;
  }
}

function boundColumn(memory: WebAssembly.Memory, { location, values, valid }: ColumnToLoad, count: number) {
  const { dtype } = location.column;
  // The bytes behind a block, which code may read, belong to it, so they can be used as scratch.
  const scratch = values.address + values.bytes;
  return boundValues(memory, { dtype, count, values: values.address, valid: valid?.address, scratch });
}

function targetOf(memory: WebAssembly.Memory, { location, values, valid, strings, offsets }: ColumnToLoad): ColumnTarget {
  const { buffer } = memoryOf(memory, [values, valid, strings, ...offsets]);
  return {
    values: viewOf(location.column.dtype, buffer, values.address, location.values),
    ...(valid && { valid: new Uint8Array(buffer, valid.address, location.values) }),
    ...(strings && { strings: new Uint8Array(buffer, strings.address, strings.bytes) }),
    offsets: offsets.map(({ address, bytes }) => new Uint32Array(buffer, address, bytes / 4)),
  };
}

/** The memory. It has grown at least far enough for these blocks and the bytes behind them that code may read. */
export function memoryOf(memory: WebAssembly.Memory, blocks: readonly (Block | undefined)[]): WebAssembly.Memory {
  const end = Math.max(0, ...blocks.map((block) => (block ? block.address + taken(block.bytes) : 0)));
  // Growth on another thread may show in `buffer` only after a call of `grow` on this one.
  if (memory.buffer.byteLength < end) memory.grow(0);
  return memory;
}

function viewOf(dtype: DType, buffer: ArrayBufferLike, address: number, length: number) {
  switch (dtype) {
    case "float32":
      return new Float32Array(buffer, address, length);
    case "float64":
      return new Float64Array(buffer, address, length);
    case "int32":
    case "string":
      return new Int32Array(buffer, address, length);
    case "uint32":
      return new Uint32Array(buffer, address, length);
    case "int64":
      return new BigInt64Array(buffer, address, length);
    case "uint64":
      return new BigUint64Array(buffer, address, length);
    case "bool":
      return new Uint8Array(buffer, address, length);
  }
}
