/** A worker thread: does one job at a time, on memory that it shares with the main thread. */
import { getPriority, setPriority } from "node:os";
import process from "node:process";
import { parentPort } from "node:worker_threads";
import type { Block } from "../../datasets/cache/slab.ts";
import { prepareReading } from "../../datasets/formats.ts";
import { runPhase, runPhases } from "../../engine/compile/work-area.ts";
import { largestDictionary, mostStrings } from "../../engine/program/dictionary.ts";
import { RunStopped, runProgram } from "../../engine/run/run-program.ts";
import { describe } from "./describe-failure.ts";
import { loadBefore, loadColumns, memoryOf } from "./load-on-thread.ts";
import { ToldLoads } from "./told-loads.ts";
import type { FromWorker, Job, LoadJob, LoadOutcome, ProgramOutcome, ProgramRun, RunJob, ToWorker } from "./worker-messages.ts";

const port = parentPort;
if (!port) throw new Error("Cannot run worker.ts on its own: the server starts it as a worker thread");

/** Lowers this thread's priority below the main thread's, as `worker-node.mjs` does on Node before it loads this module. */
if ("Deno" in globalThis && process.platform === "linux") {
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
      return job.isTogether ? { kind: "ran", outcomes: await runInOnePass(job, known) } : await runAll(job, known);
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
  return await loadColumns(columns, { memory: slabOf(slab), signalOf: (index) => stopping[index]!.signal });
}

/** Runs programs one after another, each after loading what it lacks. A failure is the outcome of one program only; the others run all the same. */
async function runAll({ programs: runs }: RunJob, all: readonly (Known | undefined)[]): Promise<Extract<FromWorker, { kind: "ran" }>> {
  const outcomes: ProgramOutcome[] = [];
  const told = new ToldLoads((loads) => say({ kind: "loadedBefore", loads }));
  for (const [index, run] of runs.entries()) {
    const { programKey, slab, entries, addresses, work } = run;
    let waited = 0;
    const onWait = (milliseconds: number) => {
      waited += milliseconds;
    };
    const onHeed = (waits: boolean) => told.tellDue(waits);
    let begun = performance.now();
    let loading: number | undefined;
    const times = () => ({ milliseconds: performance.now() - begun - waited, ...(loading !== undefined && { loading }) });
    try {
      const known = all[index];
      if (!known) throw new Error(`Cannot run program ${programKey}: this thread was not given it`);
      if (run.load) {
        const loaded = await loadBefore(run.load, { memory: slabOf(slab), work, onHeed, onWait });
        const now = performance.now();
        [loading, begun, waited] = [now - begun - waited, now, 0];
        told.add({ run: index, outcomes: loaded.outcomes });
        if (!loaded.isUsable) {
          outcomes.push({ kind: "failed", failure: { kind: "unloaded" }, ...times() });
          continue;
        }
      }
      const memory = memoryOf(slabOf(slab), [work, ...dictionariesOf(run, known)]);
      const partial = await runProgram({ ...known, memory, entries, addresses, work, onWait, onHeed });
      outcomes.push({ kind: "partial", partial, ...times() });
    } catch (error) {
      const failure = describe(error);
      outcomes.push({ kind: "failed", failure, ...times() });
      // The program may have overwritten columns, so the main thread must know at once.
      if (failure.kind === "trap") break;
    }
  }
  while (outcomes.length < runs.length) outcomes.push({ kind: "failed", failure: { kind: "interrupted" }, milliseconds: 0 });
  const loads = told.rest();
  return { kind: "ran", outcomes, ...(loads.length > 0 && { loads }) };
}

/** Runs programs in one pass. A failure is the outcome of all of them. */
async function runInOnePass({ programs: runs }: RunJob, known: readonly (Known | undefined)[]): Promise<readonly ProgramOutcome[]> {
  // Loaded only now, since it includes the compiler, half of a thread's code; a thread without it starts in half the time.
  const { runTogether } = await import("./run-together.ts");
  const [{ slab, entries, work }] = runs as readonly [ProgramRun];
  const memory = memoryOf(slabOf(slab), [work, ...runs.flatMap((run, index) => dictionariesOf(run, known[index]))]);
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

function slabOf(slab: number): WebAssembly.Memory {
  const memory = memories[slab];
  if (!memory) throw new Error(`Cannot use slab ${slab}: this thread was not given it`);
  return memory;
}
