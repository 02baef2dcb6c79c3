/** Runs a compiled program over one partition whose columns are in shared memory, block by block, and reads the partial out of the work area. */

import { kindOf } from "../axes/axes.ts";
import { numberSetter, settingNumbers } from "../compile/alike/define-number-setter.ts";
import type { TogetherRun } from "../compile/compile-together.ts";
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
import { type Code, type Instance, withInstance } from "./instantiate.ts";
import { nameList } from "./name-list.ts";
import { numberStrings, writeNumbers } from "./number-strings.ts";
import { type LaidOut, readPartial } from "./read-partial.ts";

export interface RunRequest extends RunArea {
  readonly program: Program;
  /** If present, errors name the list of the program that they are about. */
  readonly source?: ProgramSource;
}

/** A module, and the memory in which it runs. */
export interface RunArea {
  readonly module: WebAssembly.Module;
  /** The program's numbers, if the module was compiled for another program with the same code (`compile-alike.ts`). Absent if the module has them. */
  readonly numbers?: readonly number[] | undefined;
  readonly memory: WebAssembly.Memory;
  /** Events of the partition. */
  readonly entries: number;
  /** The byte address of each of the program's inputs. */
  readonly addresses: readonly number[];
  /** Memory that only this run uses while it lasts, 16-byte aligned. Only its first twelve bytes, the flags, must be zeroed. */
  readonly work: { readonly address: number; readonly bytes: number };
  /** Called after each time that the run waited for its turn. */
  readonly onWait?: ((milliseconds: number) => void) | undefined;
  /** Called between two blocks of events, and before the run waits for its turn. */
  readonly onHeed?: ((waits: boolean) => void) | undefined;
}

/** The stop flag was set. */
export class RunStopped extends Error {
  override readonly name = "RunStopped";
}

/** An event needs more scratch than the work area has. */
export class ScratchExhausted extends Error {
  override readonly name = "ScratchExhausted";
}

/** Going through lists inside lists, and combinations, takes too many steps. Running the program elsewhere over this partition would fail, too. */
export class StepsExceeded extends Error {
  override readonly name = "StepsExceeded";
}

/**
 * The most steps of one program over one partition, as `Emitter.takeSteps` counts them. Changing it changes answers, so it raises the engine's version.
 * Programs that run together share a quarter of it; if that is too little, each has to run alone.
 */
const mostSteps = 4_000_000_000;
const togetherSteps = mostSteps / 4;

/** In events. The first block is small, since the cost of its events is not known. */
const firstBlock = 256;
const largestBlock = rowsPerBlock;
/** In events, if they take almost no time: the data that is kept for such a block still stays in the core's cache. */
const largestFastBlock = 8_192;
/** In milliseconds: the longest time that a block should take, so that a stop is noticed soon. */
const longestBlock = 25;

/** The bytes of a work area with this much scratch. */
export function workBytes(program: Program, scratchBytes: number): number {
  const bytes = knownBytes.get(program) ?? layOut(program).scratch;
  knownBytes.set(program, bytes);
  return bytes + scratchBytes;
}

/** The bytes before the scratch of each program, which are asked several times for each run. */
const knownBytes = new WeakMap<Program, number>();

/** Computes the encoded partial. Throws `RunStopped`, `ScratchExhausted` or `StepsExceeded`. */
export async function runProgram(request: RunRequest): Promise<Uint8Array<ArrayBuffer>> {
  const phase = new Int32Array(request.memory.buffer, request.work.address + runPhase, 1);
  try {
    return await encodePartial(computePartial(request));
  } finally {
    Atomics.store(phase, 0, runPhases.ended);
  }
}

/**
 * Waits while the run's flags tell it to leave the processor to others; throws `RunStopped` if they tell it to stop. Returns the milliseconds of
 * waiting. It is called between two blocks of events, and between two loops over lists within an event.
 */
export function heedFlags(flags: Int32Array, { onWait, onHeed }: Pick<RunArea, "onWait" | "onHeed">): number {
  let waited = 0;
  Atomics.store(flags, runPhase / 4, runPhases.computing);
  const waits = Atomics.load(flags, turnFlag / 4) === 1;
  onHeed?.(waits);
  if (waits) {
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

/** Computes the partial of one partition. Throws like `runProgram`. */
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

/** What follows from a program alone. It is kept, since computing it again would take noticeable time with small partitions. */
function factsOf(program: Program): Facts {
  const strings = () => stringsOf(program.terms.map(([operation, literal]) => ({ operation, literal })));
  const facts = knownFacts.get(program) ?? { layout: layOut(program), strings: strings() };
  knownFacts.set(program, facts);
  return facts;
}

export interface TogetherRequest extends Omit<RunArea, "numbers"> {
  readonly programs: readonly Program[];
  readonly run: TogetherRun;
}

/** Computes the partials of several programs with a module of their shape. Each has the same bits as alone. Throws like `computePartial`. */
export function computeTogether({ programs, run, ...rest }: TogetherRequest): readonly PartialResult[] {
  const { layouts, strings, copies, numbers } = run;
  const area = { ...rest, numbers };
  const inputs = run.inputs.map(({ program, input }) => programs[program].inputs[input]);
  const laidOut = programs.map((program, index) => ({ program, layout: layouts[index] }));
  const readCounts = addEvents(area, prepare(laidOut, { area, inputs, strings }));
  const bytes = new Uint8Array(area.memory.buffer, area.work.address, area.work.bytes);
  for (const { from, to, bytes: count } of copies) bytes.copyWithin(to, from, from + count);
  return laidOut.map((each) => readPartial(each, { ...area, readCounts }));
}

/** The arguments for the code: the addresses of its inputs, and where its scratch begins. */
interface Prepared {
  readonly addresses: readonly number[];
  readonly scratch: number;
  /** The strings of the run, each at the index that is its number. */
  readonly strings: () => readonly string[];
}

/** Adds all events to the work area, block by block, and takes their rows out of it. Returns the module's function that reads counts. */
function addEvents(area: RunArea & Partial<RunRequest>, prepared: Prepared, rows?: RowCollector): Code {
  const { module, memory, numbers = [] } = area;
  return withInstance(module, { memory, hasNumbers: numbers.length > 0 }, (instance) => {
    const { [countReader]: readCounts, [numberSetter]: setNumbers } = instance.functions;
    if (numbers.length > 0) setAll(numbers, { area, setNumbers, scratch: prepared.scratch });
    addBlocks(instance, { area, prepared, rows });
    return readCounts;
  });
}

interface BlockOptions {
  readonly area: RunArea & Partial<RunRequest>;
  readonly prepared: Prepared;
  readonly rows: RowCollector | undefined;
}

function addBlocks(instance: Instance, { area, prepared: { addresses, scratch }, rows }: BlockOptions): void {
  const { memory, entries, work } = area;
  const flags = new Int32Array(memory.buffer, work.address, headerBytes / 4);
  let waited = 0;
  const heed = () => {
    waited += heedFlags(flags, area);
    return 0;
  };
  instance.heed = heed;
  const fastBlock = rows ? rowsPerBlock : largestFastBlock;
  let block = firstBlock;
  for (let begin = 0; begin < entries; ) {
    heed();
    const end = Math.min(entries, begin + block);
    waited = 0;
    const started = performance.now();
    try {
      for (const run of instance.runs) run(begin, end, work.address, scratch, work.address + work.bytes, ...addresses);
    } catch (error) {
      throw explain(error, flags, area);
    }
    rows?.take();
    const took = performance.now() - started - waited;
    if (took > longestBlock && block > 16) block >>>= 1;
    else if (took < longestBlock / 4 && block < (took < longestBlock / 100 ? fastBlock : largestBlock)) block <<= 1;
    begin = end;
  }
}

/** Sets the module's numbers. They lie in scratch only until the module has read them. */
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
  if (setNumbers?.(scratch, settingNumbers) !== numbers.length)
    throw new Error(`Cannot run this module with ${numbers.length} numbers: it is made for others`);
}

interface PrepareOptions {
  readonly area: RunArea;
  /** The inputs of the module. */
  readonly inputs: readonly Input[];
  /** The strings that the module knows by their numbers. */
  readonly strings: readonly string[];
}

/**
 * Prepares the work area: zeroes everything that is summed up, and writes the constants of axes and the numbers of strings. The flags stay as they are.
 * In the returned addresses, those of dictionaries are replaced by those of their strings' numbers.
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
