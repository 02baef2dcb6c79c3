/** Runs a compiled program over one partition whose columns are in shared memory, block by block, and reads the partial out of the work area. */

import { kindOf } from "../axes/axes.ts";
import { numberSetter } from "../compile/alike/define-number-setter.ts";
import type { TogetherCode } from "../compile/compile-together.ts";
import { countReader } from "../compile/fills/define-count-reader.ts";
import {
  headerBytes,
  type Layout,
  lastTerm,
  layOut,
  rowsPerBlock,
  runPhase,
  runPhases,
  stepsLeft,
  stopFlag,
  trapReason,
  trapReasons,
  turnFlag,
} from "../compile/work-area.ts";
import { encodePartial, type PartialResult } from "../histogram/partial.ts";
import type { Input } from "../program/inputs.ts";
import { type Program, stringsOf } from "../program/program.ts";
import type { ProgramSource } from "../program/source.ts";
import { RowCollector } from "../rows/collect-rows.ts";
import { nameList } from "./name-list.ts";
import { numberStrings, writeNumbers } from "./number-strings.ts";
import { type LaidOut, readPartial } from "./read-partial.ts";

export interface RunRequest extends RunArea {
  readonly program: Program;
  /** Where it is there, errors say which of the program's lists they are about. */
  readonly source?: ProgramSource;
}

/** A module, and what it runs on. */
export interface RunArea {
  readonly module: WebAssembly.Module;
  /** Where the module's code was made for another program (`compile-alike.ts`): the numbers of this one. Absent where it has them. */
  readonly numbers?: readonly number[] | undefined;
  readonly memory: WebAssembly.Memory;
  /** Events of the partition. */
  readonly entries: number;
  /** Byte address of each of the module's inputs: those of the program. */
  readonly addresses: readonly number[];
  /** Of this run alone while it lasts; 16-byte aligned; it need not be zeroed, but its first twelve bytes, the flags, must be. */
  readonly work: { readonly address: number; readonly bytes: number };
  /** Is told how many milliseconds the run waited for its turn, each time. */
  readonly onWait?: (milliseconds: number) => void;
}

/** The stop flag was set. */
export class RunStopped extends Error {
  override readonly name = "RunStopped";
}

/** An event needs more scratch than the work area has. */
export class ScratchExhausted extends Error {
  override readonly name = "ScratchExhausted";
}

/** Going through lists inside lists, and combinations, would take too many steps, wherever and with whatever else the program is run over the partition. */
export class StepsExceeded extends Error {
  override readonly name = "StepsExceeded";
}

/**
 * Of one program over one partition; what is counted, `Emitter.takeSteps` says. A part of the engine's version. Programs that are run together have a part of it:
 * where these steps are too few each has to be run alone.
 */
export const mostSteps = 4_000_000_000;
const togetherSteps = mostSteps / 4;

/** Events of a block: the first one is small, for nothing is known of what its events cost. */
const firstBlock = 256;
const largestBlock = rowsPerBlock;
/** Of events that take next to no time: what is kept for a block of them stays in the cache of the core. */
const largestFastBlock = 8_192;
/** Milliseconds a block should take at most, so that a stop is soon seen. */
const longestBlock = 25;

/** Bytes of a work area with this much scratch. */
export const workBytes = (program: Program, scratchBytes: number): number => layOut(program).scratch + scratchBytes;

/** The encoded partial. Throws `RunStopped`, `ScratchExhausted` or `StepsExceeded`. */
export async function runProgram(request: RunRequest): Promise<Uint8Array<ArrayBuffer>> {
  const phase = new Int32Array(request.memory.buffer, request.work.address + runPhase, 1);
  try {
    return await encodePartial(computePartial(request));
  } finally {
    Atomics.store(phase, 0, runPhases.ended);
  }
}

/**
 * Leaves the processor to others for as long as the run is told to; throws `RunStopped` where it is told to end. Gives the milliseconds it
 * waited. Called between two blocks of events, and between two loops over lists in the midst of an event.
 */
function heedFlags(flags: Int32Array, { onWait }: RunArea): number {
  let waited = 0;
  Atomics.store(flags, runPhase / 4, runPhases.computing);
  if (Atomics.load(flags, turnFlag / 4) === 1) {
    const begun = performance.now();
    Atomics.store(flags, runPhase / 4, runPhases.waiting);
    Atomics.wait(flags, turnFlag / 4, 1);
    Atomics.store(flags, runPhase / 4, runPhases.computing);
    waited = performance.now() - begun;
    onWait?.(waited);
  }
  if (Atomics.load(flags, stopFlag / 4) !== 0) throw new RunStopped("the run was stopped");
  return waited;
}

/** What a program makes of one partition. Throws as `runProgram` does. */
export function computePartial(request: RunRequest): PartialResult {
  const { program } = request;
  const { layout, strings } = factsOf(program);
  const prepared = prepare([{ program, layout }], { area: request, inputs: program.inputs, strings });
  const rows = program.rows && new RowCollector(program.rows, layout.rows!, request);
  const readCounts = addEvents(request, prepared, rows);
  const partial = readPartial({ program, layout }, { ...request, readCounts });
  return rows ? { ...partial, rows: rows.read(prepared.strings()) } : partial;
}

interface Facts {
  readonly layout: Layout;
  readonly strings: readonly string[];
}

const knownFacts = new WeakMap<Program, Facts>();

/** What follows from a program alone, and is felt where partitions are small. */
function factsOf(program: Program): Facts {
  const strings = () => stringsOf(program.terms.map(([operation, literal]) => ({ operation, literal })));
  const facts = knownFacts.get(program) ?? { layout: layOut(program), strings: strings() };
  knownFacts.set(program, facts);
  return facts;
}

export interface TogetherRequest extends RunArea {
  readonly programs: readonly Program[];
  readonly code: Omit<TogetherCode, "module">;
}

/** What several programs, whose module was compiled of all of them, make of one partition: the same bits as each alone. Throws as `computePartial` does. */
export function computeTogether({ programs, code, ...area }: TogetherRequest): readonly PartialResult[] {
  const { layouts, strings, copies } = code;
  const inputs = code.inputs.map(({ program, input }) => programs[program].inputs[input]);
  const laidOut = programs.map((program, index) => ({ program, layout: layouts[index] }));
  const readCounts = addEvents(area, prepare(laidOut, { area, inputs, strings }));
  const bytes = new Uint8Array(area.memory.buffer, area.work.address, area.work.bytes);
  for (const { from, to, bytes: count } of copies) bytes.copyWithin(to, from, from + count);
  return laidOut.map((each) => readPartial(each, { ...area, readCounts }));
}

/** What the code is called with: the addresses of its inputs, and where its scratch begins. */
interface Prepared {
  readonly addresses: readonly number[];
  readonly scratch: number;
  /** By their numbers in the run. */
  readonly strings: () => readonly string[];
}

type Code = (...args: number[]) => number;

/** Adds all events to the work area, block by block; takes their rows out of it. Gives the module's function that reads counts. */
function addEvents(area: RunArea & Partial<RunRequest>, { addresses, scratch }: Prepared, rows?: RowCollector): Code {
  const { module, memory, entries, work } = area;
  const flags = new Int32Array(memory.buffer, work.address, headerBytes / 4);
  let waited = 0;
  const heed = () => {
    waited += heedFlags(flags, area);
    return 0;
  };
  const instance = new WebAssembly.Instance(module, { env: { memory, "heed flags": heed } });
  const { [countReader]: readCounts, [numberSetter]: setNumbers, ...others } = instance.exports as Record<string, Code>;
  if (area.numbers?.length) setAll(area.numbers, { area, setNumbers, scratch });
  const runs = Object.values(others);
  const fastBlock = rows ? rowsPerBlock : largestFastBlock;
  let block = firstBlock;
  for (let begin = 0; begin < entries; ) {
    heed();
    const end = Math.min(entries, begin + block);
    waited = 0;
    const started = performance.now();
    try {
      for (const run of runs) run(begin, end, work.address, scratch, work.address + work.bytes, ...addresses);
    } catch (error) {
      throw explain(error, flags, area);
    }
    rows?.take();
    const took = performance.now() - started - waited;
    if (took > longestBlock && block > 16) block >>>= 1;
    else if (took < longestBlock / 4 && block < (took < longestBlock / 100 ? fastBlock : largestBlock)) block <<= 1;
    begin = end;
  }
  return readCounts;
}

/** They lie in scratch only while the module reads them. */
function setAll(
  numbers: readonly number[],
  {
    area: { memory, work },
    setNumbers,
    scratch,
  }: { readonly area: RunArea; readonly setNumbers: Code | undefined; readonly scratch: number },
): void {
  if (scratch + 8 * numbers.length > work.address + work.bytes)
    throw new ScratchExhausted("the numbers of the program need more scratch memory");
  new Float64Array(memory.buffer, scratch, numbers.length).set(numbers);
  if (setNumbers?.(scratch) !== numbers.length)
    throw new Error(`Cannot run this module with ${numbers.length} numbers: it is made for others`);
}

interface PrepareOptions {
  readonly area: RunArea;
  /** Of the module. */
  readonly inputs: readonly Input[];
  /** Those that the module knows by their numbers. */
  readonly strings: readonly string[];
}

/**
 * Zeroes what is added to, and writes what axes read and the numbers of strings; the flags stay as they are. The addresses that the code is called with are,
 * for dictionaries, those of their strings' numbers.
 */
function prepare(programs: readonly LaidOut[], { area, inputs, strings }: PrepareOptions): Prepared {
  const { memory, work, addresses } = area;
  const { cutflow } = programs[0].layout;
  const end = programs.at(-1)!.layout.scratch;
  if (work.bytes < end) throw new RangeError(`Cannot run in ${work.bytes} bytes: the histograms need ${end}`);
  new Int32Array(memory.buffer, work.address + trapReason, 1).fill(0);
  new BigInt64Array(memory.buffer, work.address + stepsLeft, 1).fill(BigInt(programs.length === 1 ? mostSteps : togetherSteps));
  new Uint8Array(memory.buffer, work.address + cutflow, end - cutflow).fill(0);
  const { numberOf, strings: numbered } = numberStrings(strings);
  for (const { program, layout } of programs) {
    program.histograms.forEach(({ axes }, index) => {
      axes.forEach((axis, place) => {
        const constants = kindOf(axis).constants?.(axis, numberOf) ?? [];
        const at = work.address + layout.histograms[index].constants[place];
        new Float64Array(memory.buffer, at, constants.length).set(constants);
      });
    });
  }
  let scratch = work.address + end;
  const take = (bytes: number): number => {
    const address = scratch;
    scratch += Math.ceil(bytes / 16) * 16;
    if (scratch > work.address + work.bytes) throw new ScratchExhausted("the strings of the partition need more scratch memory");
    return address;
  };
  const called = inputs.map(({ kind }, index) =>
    kind === "strings" ? writeNumbers(memory, addresses[index], { numberOf, take }) : addresses[index],
  );
  return { addresses: called, scratch, strings: numbered };
}

function explain(error: unknown, header: Int32Array, { program, source }: Partial<RunRequest>): unknown {
  if (!(error instanceof WebAssembly.RuntimeError)) return error;
  const reason = header[trapReason / 4];
  if (reason === trapReasons.steps) {
    const list = program && source ? nameList(program, source, header[lastTerm / 4]) : "lists inside lists";
    return new StepsExceeded(
      `Cannot compute this partition: going through ${list} takes more than the ${mostSteps.toLocaleString("en")} steps that a partition may take; ` +
        "cut on the elements of its lists before combining them, or combine fewer at a time",
    );
  }
  if (reason === trapReasons.scratch) return new ScratchExhausted("one event has too many combinations for the scratch memory");
  return error;
}
