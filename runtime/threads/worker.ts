/** A worker thread: does one job at a time, on memory that it shares with the main thread. */
import { getPriority, setPriority } from "node:os";
import process from "node:process";
import { parentPort } from "node:worker_threads";
import { boundValues } from "../../datasets/cache/bound-values.ts";
import { readThrough } from "../../datasets/cache/disk/read-through.ts";
import { type Block, taken } from "../../datasets/cache/slab.ts";
import { type ColumnTarget, DatasetError } from "../../datasets/dataset.ts";
import { prepareReading } from "../../datasets/formats.ts";
import { runPhase, runPhases } from "../../engine/compile/work-area.ts";
import { largestDictionary, mostStrings } from "../../engine/program/dictionary.ts";
import type { DType } from "../../engine/program/schema.ts";
import { RowsTooLarge } from "../../engine/rows/collect-rows.ts";
import { RunStopped, runProgram, ScratchExhausted, StepsExceeded } from "../../engine/run/run-program.ts";
import type {
  ColumnToLoad,
  FromWorker,
  Job,
  JobFailure,
  LoadJob,
  LoadOutcome,
  ProgramOutcome,
  ProgramRun,
  RunJob,
  ToWorker,
} from "./worker-messages.ts";

const port = parentPort;
if (!port) throw new Error("Cannot run worker.ts on its own: the server starts it as a worker thread");

/** Lowers this thread's priority below the main thread's, which answers people. Only on Linux, since elsewhere it would affect the whole process. */
if (process.platform === "linux") {
  try {
    setPriority(Math.min(19, getPriority() + 5));
  } catch {
    // If that is not permitted, all threads have the same priority.
  }
}

type Known = Extract<ToWorker, { kind: "program" }>;

const programs = new Map<string, Known>();
let memories: readonly WebAssembly.Memory[] = [];
/** The tickets of jobs that are posted ahead. */
let tickets: Int32Array | undefined;
/** Resolves when this thread has done all its jobs so far. */
let done: Promise<void> = Promise.resolve();
/** One controller for each column of the present load. */
let stopping: readonly AbortController[] = [];

port.on("message", (message: ToWorker) => {
  switch (message.kind) {
    case "slabs":
      memories = message.memories;
      tickets = message.tickets;
      return;
    case "program":
      programs.set(message.programKey, message);
      return;
    case "forget":
      programs.delete(message.programKey);
      return;
    case "abort":
      stopping[message.column]?.abort(new RunStopped("nobody waits for the column any more"));
      return;
    case "ahead": {
      const { ticket, place, job } = message;
      performNext(job, () => Atomics.compareExchange(tickets!, place, ticket, 0) === ticket);
      return;
    }
    default:
      performNext(message);
  }
});
say({ kind: "up" });
// A failure is ignored here, since reading will report it.
prepareReading().catch(() => {});

/** Performs a job after those before it, unless `mayBegin` returns false then. */
function performNext(job: Job, mayBegin = () => true): void {
  // Looked up now, since messages for a later job may arrive during this one and make the thread forget these programs.
  const known = job.kind === "run" ? job.programs.map(({ programKey }) => programs.get(programKey)) : [];
  done = done.then(async () => {
    if (mayBegin()) await perform(job, known);
  });
}

/** Performs a job and posts its answer; never rejects. `known` has the programs of the job. */
async function perform(job: Job, known: readonly (Known | undefined)[]): Promise<void> {
  try {
    const answer = await answerTo(job, known);
    say(answer, answer.kind === "ran" ? answer.outcomes.flatMap((each) => (each.kind === "partial" ? [each.partial.buffer] : [])) : []);
  } catch (error) {
    say({ kind: "failed", failure: describe(error) });
  }
}

function say(message: FromWorker, transfer: readonly ArrayBuffer[] = []): void {
  port!.postMessage(message, transfer);
}

async function answerTo(job: Job, known: readonly (Known | undefined)[]): Promise<FromWorker> {
  switch (job.kind) {
    case "load":
      return { kind: "loaded", outcomes: await load(job) };
    case "run":
      return { kind: "ran", outcomes: await (job.isTogether ? runInOnePass(job, known) : runAll(job, known)) };
    case "demo": {
      // Loaded only by threads that write the demo dataset.
      const { writeDemoFile } = await import("../../datasets/demo/write-demo-file.ts");
      await writeDemoFile(job.directory, job.index);
      return { kind: "wrote" };
    }
  }
}

async function load({ slab, columns }: LoadJob): Promise<readonly LoadOutcome[]> {
  stopping = columns.map(() => new AbortController());
  const wanted = columns.map((column, index) => ({
    location: column.location,
    target: targetOf(slab, column),
    signal: stopping[index]!.signal,
    disk: column.disk,
  }));
  const outcomes = await readThrough(wanted, { mayBlock: true, mayShareOffsets: true });
  return outcomes.map((outcome, index) => {
    if (outcome.status === "rejected") return { kind: "failed", failure: describe(outcome.reason) };
    const { cost } = outcome.value;
    const begun = performance.now();
    const bounds = boundColumn(slab, columns[index]!, outcome.value.values);
    return { kind: "column", ...outcome.value, bounds, cost: { ...cost, decoding: cost.decoding + (performance.now() - begun) } };
  });
}

function boundColumn(slab: number, { location, values, valid }: ColumnToLoad, count: number) {
  const { dtype } = location.column;
  // The bytes behind a block, which code may read, belong to it, so they can be used as scratch.
  const scratch = values.address + values.bytes;
  return boundValues(memories[slab]!, { dtype, count, values: values.address, valid: valid?.address, scratch });
}

function targetOf(slab: number, { location, values, valid, strings, offsets }: ColumnToLoad): ColumnTarget {
  const { buffer } = memoryOf(slab, [values, valid, strings, ...offsets]);
  return {
    values: viewOf(location.column.dtype, buffer, values.address, location.values),
    ...(valid && { valid: new Uint8Array(buffer, valid.address, location.values) }),
    ...(strings && { strings: new Uint8Array(buffer, strings.address, strings.bytes) }),
    offsets: offsets.map(({ address, bytes }) => new Uint32Array(buffer, address, bytes / 4)),
  };
}

/** Runs programs one after another. A failure is the outcome of one program only; the others run all the same. */
async function runAll({ programs: runs }: RunJob, all: readonly (Known | undefined)[]): Promise<readonly ProgramOutcome[]> {
  const outcomes: ProgramOutcome[] = [];
  for (const [index, run] of runs.entries()) {
    const { programKey, slab, entries, addresses, work } = run;
    const begun = performance.now();
    let waited = 0;
    const onWait = (milliseconds: number) => {
      waited += milliseconds;
    };
    const computed = () => performance.now() - begun - waited;
    try {
      const known = all[index];
      if (!known) throw new Error(`Cannot run program ${programKey}: this thread was not given it`);
      const memory = memoryOf(slab, [work, ...dictionariesOf(run, known)]);
      const partial = await runProgram({ ...known, memory, entries, addresses, work, onWait });
      outcomes.push({ kind: "partial", partial, milliseconds: computed() });
    } catch (error) {
      const failure = describe(error);
      outcomes.push({ kind: "failed", failure, milliseconds: computed() });
      // The program may have overwritten columns, so the main thread must know at once.
      if (failure.kind === "trap") break;
    }
  }
  while (outcomes.length < runs.length) outcomes.push({ kind: "failed", failure: { kind: "interrupted" }, milliseconds: 0 });
  return outcomes;
}

/** Runs programs in one pass. A failure is the outcome of all of them. */
async function runInOnePass({ programs: runs }: RunJob, known: readonly (Known | undefined)[]): Promise<readonly ProgramOutcome[]> {
  // Loaded only now, since it includes the compiler, half of a thread's code; a thread without it starts in half the time.
  const { runTogether } = await import("./run-together.ts");
  const [{ slab, entries, work }] = runs as readonly [ProgramRun];
  const memory = memoryOf(slab, [work, ...runs.flatMap((run, index) => dictionariesOf(run, known[index]))]);
  const begun = performance.now();
  let waited = 0;
  const onWait = (milliseconds: number) => {
    waited += milliseconds;
  };
  /** The milliseconds of computing so far, divided among the programs. */
  const computed = () => (performance.now() - begun - waited) / runs.length;
  try {
    const sources = runs.map(({ programKey }, index) => {
      const { program, source } = known[index] ?? {};
      if (!program || !source)
        throw new Error(`Cannot compile program ${programKey} together with others: this thread was not given its source`);
      return { program, source };
    });
    const partials = await runTogether(runs, sources, { memory, entries, onWait });
    const milliseconds = computed();
    return partials.map((partial) => ({ kind: "partial", partial, milliseconds }));
  } catch (error) {
    const failure = describe(error);
    const milliseconds = computed();
    return runs.map(() => ({ kind: "failed", failure, milliseconds }));
  } finally {
    Atomics.store(new Int32Array(memory.buffer, work.address + runPhase, 1), 0, runPhases.ended);
  }
}

/** The dictionaries that the run reads outside of its module; each block is at least as large as the dictionary can be. */
function dictionariesOf({ addresses }: ProgramRun, known: Known | undefined): readonly Block[] {
  const inputs = known?.program.inputs ?? [];
  return inputs.flatMap(({ kind }, index) =>
    kind === "strings" ? [{ address: addresses[index]!, bytes: largestDictionary(mostStrings) }] : [],
  );
}

/** The slab's memory. It has grown at least far enough for these blocks and the bytes behind them that code may read. */
function memoryOf(slab: number, blocks: readonly (Block | undefined)[]): WebAssembly.Memory {
  const memory = memories[slab];
  if (!memory) throw new Error(`Cannot use slab ${slab}: this thread was not given it`);
  const end = Math.max(...blocks.map((block) => (block ? block.address + taken(block.bytes) : 0)));
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

function describe(error: unknown): JobFailure {
  if (error instanceof DatasetError) return { kind: "dataset", message: error.message, permanent: error.permanent };
  if (error instanceof RowsTooLarge) return { kind: "dataset", message: error.message, permanent: true };
  if (error instanceof RunStopped) return { kind: "stopped" };
  if (error instanceof ScratchExhausted) return { kind: "scratch" };
  if (error instanceof StepsExceeded) return { kind: "steps", message: error.message };
  const kind = error instanceof WebAssembly.RuntimeError ? "trap" : "internal";
  return { kind, message: error instanceof Error ? (error.stack ?? error.message) : String(error) };
}
