/** Runs a compiled program over one partition whose columns are in shared memory, block by block, and reads the partial out of the work area. */

import { readRange } from "../axes/auto.ts";
import { kindOf } from "../axes/axes.ts";
import type { TogetherCode } from "../compile/compile-together.ts";
import { countReader } from "../compile/fills/define-count-reader.ts";
import {
  type HistogramLayout,
  type Layout,
  layOut,
  runPhase,
  runPhases,
  stopFlag,
  totalPlaces,
  trapReason,
  trapReasons,
  turnFlag,
} from "../compile/work-area.ts";
import { type FoundRange, placesOf } from "../histogram/found-range.ts";
import { encodePartial, type PartialHistogram, type PartialResult } from "../histogram/partial.ts";
import { limbCount, nothingAdded, type PartialTotal, readLimbs } from "../histogram/total.ts";
import type { Input } from "../program/inputs.ts";
import { type Program, stringsOf } from "../program/program.ts";
import { storages } from "../storages/storages.ts";
import { numberStrings, writeNumbers } from "./number-strings.ts";

export interface RunRequest extends RunArea {
  readonly program: Program;
}

/** A module, and what it runs on. */
export interface RunArea {
  readonly module: WebAssembly.Module;
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

/** Events of a block: the first one is small, for nothing is known of what its events cost. */
const firstBlock = 256;
const largestBlock = 4096;
/** Of events that take next to no time. */
const largestFastBlock = 32_768;
/** Milliseconds a block should take at most, so that a stop is soon seen. */
const longestBlock = 25;

/** Bytes of a work area with this much scratch. */
export const workBytes = (program: Program, scratchBytes: number): number => layOut(program).scratch + scratchBytes;

/** The encoded partial. Throws `RunStopped` or `ScratchExhausted`. */
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

/** What a program makes of one partition. Throws `RunStopped` or `ScratchExhausted`. */
export function computePartial(request: RunRequest): PartialResult {
  const { program } = request;
  const { layout, strings } = factsOf(program);
  const readCounts = addEvents(request, prepare([{ program, layout }], { area: request, inputs: program.inputs, strings }));
  return readPartial({ program, layout }, request, readCounts);
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

interface LaidOut {
  readonly program: Program;
  readonly layout: Layout;
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
  return laidOut.map((each) => readPartial(each, area, readCounts));
}

/** What the code is called with: the addresses of its inputs, and where its scratch begins. */
interface Prepared {
  readonly addresses: readonly number[];
  readonly scratch: number;
}

type Code = (...args: number[]) => number;

/** Adds all events to the work area, block by block. Gives the module's function that reads counts. */
function addEvents(area: RunArea, { addresses, scratch }: Prepared): Code {
  const { module, memory, entries, work } = area;
  const flags = new Int32Array(memory.buffer, work.address, 4);
  let waited = 0;
  const heed = () => {
    waited += heedFlags(flags, area);
    return 0;
  };
  const instance = new WebAssembly.Instance(module, { env: { memory, "heed flags": heed } });
  const { [countReader]: readCounts, ...others } = instance.exports as Record<string, Code>;
  const runs = Object.values(others);
  let block = firstBlock;
  for (let begin = 0; begin < entries; ) {
    heed();
    const end = Math.min(entries, begin + block);
    waited = 0;
    const started = performance.now();
    try {
      for (const run of runs) run(begin, end, work.address, scratch, work.address + work.bytes, ...addresses);
    } catch (error) {
      throw explain(error, flags[trapReason / 4]);
    }
    const took = performance.now() - started - waited;
    if (took > longestBlock && block > 16) block >>>= 1;
    else if (took < longestBlock / 4 && block < (took < longestBlock / 100 ? largestFastBlock : largestBlock)) block <<= 1;
    begin = end;
  }
  return readCounts;
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
  new Uint8Array(memory.buffer, work.address + cutflow, end - cutflow).fill(0);
  const numberOf = numberStrings(strings);
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
  return { addresses: called, scratch };
}

function explain(error: unknown, reason: number): unknown {
  if (!(error instanceof WebAssembly.RuntimeError)) return error;
  if (reason === trapReasons.scratch) return new ScratchExhausted("one event has too many combinations for the scratch memory");
  return error;
}

function readPartial({ program, layout }: LaidOut, { memory, entries, work }: RunArea, readCounts: Code): PartialResult {
  const floats = (at: number, count: number) => new Float64Array(memory.buffer, work.address + at, count);
  const counts = (at: number, count: number, bytes = 8, copies = 1) => {
    readCounts(work.address + at, count, bytes, copies);
    return floats(at, count);
  };
  return {
    entries,
    filters: program.filters.map((_, index) => {
      const [events] = counts(layout.cutflow + 16 * index, 1);
      return { events, weight: program.weight === undefined ? events : floats(layout.cutflow + 16 * index + 8, 1)[0] };
    }),
    ...(program.totals && {
      totals: layout.totals.map((at): PartialTotal => {
        const sum = readLimbs(new BigInt64Array(memory.buffer, work.address + at + totalPlaces.limbs, limbCount));
        const [values] = counts(at + totalPlaces.values, 1);
        // Zeros are equal, whatever their sign: which came first is not told.
        const [least, largest] = floats(at + totalPlaces.least, 2).map((value) => value + 0);
        return { ...nothingAdded, sum, ...(values > 0 && { values, least, largest }), nonFinite: counts(at, 1)[0] };
      }),
    }),
    histograms: program.histograms.map(({ axes, storage }, index) => {
      const own = layout.histograms[index];
      const { quantities, fills, takesSample } = storages[storage];
      const contents: Record<string, Float64Array> = {};
      for (const [place, [name, kind]] of Object.entries(quantities).entries()) {
        if (kind === "count") counts(own.cells + 8 * place, own.cellCount, own.cellBytes, own.copies);
        contents[name] = takeQuantity(floats(own.cells, own.cellCount * (own.cellBytes / 8)), own, place);
      }
      const [counted, nonFinite, nonFiniteSamples] = counts(own.fills, takesSample ? 3 : 2);
      const filled = fills === undefined ? counted : sumOf(contents[fills]);
      const whole = { storage, fills: filled, nonFinite, ...(takesSample && { nonFiniteSamples }), cells: own.cellCount, contents };
      const findsRange = axes.some((axis) => kindOf(axis).findsRange);
      return thinOut(findsRange ? keepRange(whole, readRange(floats(own.constants[0], 4))) : whole);
    }),
  };
}

/** One quantity of all cells, of which each has several side by side. */
function takeQuantity(all: Float64Array, { cellCount, cellBytes }: HistogramLayout, place: number): Float64Array {
  if (cellBytes === 8) return all.slice();
  const values = new Float64Array(cellCount);
  for (let cell = 0; cell < cellCount; cell++) values[cell] = all[cell * (cellBytes / 8) + place];
  return values;
}

function sumOf(values: Float64Array): number {
  let sum = 0;
  for (let index = 0; index < values.length; index++) sum += values[index];
  return sum;
}

/** Of an axis that found its bins: keeps those, in their order. */
function keepRange(histogram: PartialHistogram, range: FoundRange): PartialHistogram {
  const places = placesOf(range);
  const contents = Object.entries(histogram.contents).map(([name, values]) => [name, Float64Array.from(places, (place) => values[place])]);
  return { ...histogram, range, cells: places.length, contents: Object.fromEntries(contents) };
}

/** Keeps the filled cells only, where that is less. */
function thinOut(histogram: PartialHistogram): PartialHistogram {
  const { contents, cells } = histogram;
  const arrays = Object.values(contents);
  const isFilled = new Uint8Array(cells);
  for (const values of arrays) for (let cell = 0; cell < cells; cell++) if (values[cell] !== 0) isFilled[cell] = 1;
  let count = 0;
  for (let cell = 0; cell < cells; cell++) count += isFilled[cell];
  if (count * (arrays.length + 1) >= cells * arrays.length) return histogram;
  const filled = new Float64Array(count);
  let next = 0;
  for (let cell = 0; cell < cells; cell++) if (isFilled[cell]) filled[next++] = cell;
  const pick = (values: Float64Array) => filled.map((cell) => values[cell]);
  return { ...histogram, filled, contents: Object.fromEntries(Object.entries(contents).map(([name, values]) => [name, pick(values)])) };
}
