/**
 * Compiles a program to a WebAssembly module with a function `run(begin, end, work, scratch, scratchEnd, ...addresses of inputs)` that
 * adds events [begin, end) of a partition to the work area. It is called for blocks of events, since V8 moves a function to its
 * optimising tier only between calls.
 */

import type { PartialShape } from "../histogram/partial.ts";
import { setRange } from "../lists/collection.ts";
import { type ProgramTerms, rootsOf, stringsOf } from "../program/program.ts";
import type { Schema } from "../program/schema.ts";
import { reachable, type Term } from "../program/term.ts";
import { QueryError } from "../query/query-error.ts";
import type { SlotPlace } from "../wasm/constant-pool.ts";
import { CodeTooLarge, type FunctionBuilder } from "../wasm/function-builder.ts";
import { type Expression, type FunctionReference, i32 } from "../wasm/instructions.ts";
import { ModuleBuilder } from "../wasm/module-builder.ts";
import { defineNumberSetter } from "./alike/define-number-setter.ts";
import type { NumberSlots } from "./alike/number-slots.ts";
import { emitEventLoop, emitGroup, type Fill, type Member, termsOf } from "./emit-events.ts";
import { Emitter, runParams, type Source } from "./emitter.ts";
import { defineCountReader } from "./fills/define-count-reader.ts";
import { emitFlatFill } from "./fills/emit-flat-fill.ts";
import { emitWideFill } from "./fills/emit-wide-fill.ts";
import { CompilerNotes } from "./loops/compiler-notes.ts";
import { type ContentLoop, planLoops } from "./loops/plan-loops.ts";
import { operators } from "./operators.ts";
import { layOut, runName } from "./work-area.ts";

/** The bytes of the module for a program that `makeProgram` made for this schema. Throws `QueryError` if the code would be too large. */
export const compileProgram = (program: ProgramTerms, schema: Schema): Uint8Array<ArrayBuffer> => compileNoted(program, schema).module;

export interface Compiled {
  readonly module: Uint8Array<ArrayBuffer>;
  /** The positions in the module of the numbers with slots. */
  readonly slots: readonly SlotPlace[];
  /** What the compiler decided. */
  readonly notes: CompilerNotes;
}

/** Compiles like `compileProgram` and also returns notes. With `slots`, the code can be run with other numbers. */
export function compileNoted(program: ProgramTerms, schema: Schema, slots?: NumberSlots): Compiled {
  let reason = "";
  for (const sharesEarly of [false, true]) {
    const notes = new CompilerNotes();
    try {
      const { bytes, slots: places } = writeModule(program, schema, { sharesEarly, notes, slots });
      return { module: bytes, slots: places, notes };
    } catch (error) {
      if (!(error instanceof CodeTooLarge)) throw error;
      reason = error.message;
    }
  }
  throw new QueryError([{ at: "/histograms", message: `the query is too large: ${reason}` }]);
}

/** Throws `CodeTooLarge`. */
export function writeModule(program: ProgramTerms, schema: Schema, options: Pick<Source, "sharesEarly" | "notes" | "slots">) {
  const member = memberOf(program);
  const terms = reachable(rootsOf(program));
  return writeTogether([[member]], {
    inputs: program.inputs,
    schema,
    strings: stringsOf(terms),
    numbers: new Map(terms.map((term, number) => [term, number])),
    ...options,
    fills: fillsOf(member),
    totals: totalsOf(member),
  });
}

/** The member for a program that is compiled alone. */
export const memberOf = (program: ProgramTerms): Member => ({ program, layout: layOut(shapeOf(program)) });

/** `inputs` are those of all programs. `numbers` are those of the terms in the program, if it is compiled alone. */
export interface TogetherOptions extends Omit<Source, "operators" | "roots"> {
  readonly fills: readonly Fill[];
  /** Where each total is added, relative to the work area. */
  readonly totals: ReadonlyMap<Term, number>;
}

const imports = ["heed flags"];

/** The most bytes of a function that fills several histograms. Compiling twice as many takes an engine some hundred megabytes of memory. */
const mostFunctionBytes = 64_000;
/**
 * The most bytes of a function that fills one histogram or none. The memory that an engine needs to compile it grows with the square of its bytes: 200
 * megabytes for this limit, gigabytes for three times as many.
 */
const mostHistogramBytes = 96_000;
/** The most bytes of a function that fills a part of a program's histograms, in addition to twice the bytes of its filters. */
const mostPartBytes = 32_000;
/** The most bytes of all functions. Without it there would be more if histograms share so much that functions for parts of them are hardly smaller. */
const mostModuleBytes = 1_000_000;

/**
 * Writes one module for several programs, whose terms must be made by one `Terms`. It has functions for each group of programs: `run 0`, `run 1`, …, which
 * must all be called for the same events, and one that reads counts. Throws `CodeTooLarge`.
 */
export function writeTogether(
  groups: readonly (readonly Member[])[],
  options: TogetherOptions,
): ReturnType<ModuleBuilder["encodeWithSlots"]> {
  const m = new ModuleBuilder(imports);
  const runs = groups.flatMap((members, index) => {
    const isOwn = new Set(members);
    const fills = options.fills.filter(({ member }) => isOwn.has(member));
    const totals = index === 0 ? options.totals : new Map<Term, number>();
    return defineRuns(m, members, { ...options, fills, totals, isFirst: true });
  });
  for (const [number, run] of runs.entries()) m.export(run, runName(number));
  m.export(defineCountReader(m));
  if (options.slots) m.export(defineNumberSetter(m, options.slots.numbers.length));
  return m.encodeWithSlots();
}

/** Some histograms of a group of programs. The function of the first part also counts events and adds to totals. */
interface Part extends TogetherOptions {
  readonly isFirst: boolean;
}

/** Defines one function or, if it would be too large, several for parts of the histograms. Each of them repeats the filters. */
function defineRuns(m: ModuleBuilder, members: readonly Member[], part: Part): readonly FunctionReference[] {
  const { fills } = part;
  const whole = defineUpTo(fills.length > 1 ? mostFunctionBytes : mostHistogramBytes, m, members, part);
  if (whole) return [whole];
  const filters = new ModuleBuilder(imports);
  defineUpTo(mostFunctionBytes, filters, members, { ...part, fills: [] });
  const most = Math.min(mostFunctionBytes, mostPartBytes + 2 * filters.bytes);
  const runs: FunctionReference[] = [];
  let count = fills.length >>> 1;
  let first = 0;
  while (count > 0 && m.bytes < mostModuleBytes) {
    const rest = first > 0 && { totals: new Map<Term, number>(), isFirst: false };
    const own = { ...part, fills: fills.slice(first, first + count), ...rest };
    const run = defineUpTo(count > 1 ? most : mostHistogramBytes, m, members, own);
    if (run) {
      runs.push(run);
      first += count;
      count += count >>> 3;
    } else count >>>= 1;
    if (first >= fills.length) return runs;
  }
  throw new CodeTooLarge(count > 0 ? moduleTooLarge : histogramTooLarge);
}

const histogramTooLarge =
  `with the filters, a histogram may take ${mostHistogramBytes / 1000} kB of code, which is some 40 different loops over pairs, and here one takes more. ` +
  "A list that is combined with itself again and again takes twice as much each time; what is added up of many parts can be asked for in histograms of their own";
const moduleTooLarge = `all histograms together may take ${mostModuleBytes / 1e6} MB of code; ask for some of them in a query of their own`;

/** Defines a function, unless it would have more than `mostBytes` bytes. */
function defineUpTo(mostBytes: number, m: ModuleBuilder, all: readonly Member[], part: Part): FunctionReference | undefined {
  const { inputs, fills, totals, isFirst, ...source } = part;
  const members = isFirst ? all : all.filter((member) => fills.some((fill) => fill.member === member));
  const params = [...runParams, ...inputs.map(() => "input")].map(() => "i32" as const);
  const body = (f: FunctionBuilder) => {
    const rootsOfEvents = members.flatMap(({ program: { filters, weight } }) => [...filters, ...(isFirst && weight ? [weight] : [])]);
    const roots = [...rootsOfEvents, ...totals.keys(), ...fills.flatMap(({ histogram }) => termsOf(histogram))];
    const emitter = new Emitter(f, m, { ...source, operators, inputs, roots });
    const loops = planLoops(members, { fills, totals, columns: emitter.columns });
    for (const { fill, source } of loops.flat) emitFlatFill(emitter, fill, source);
    for (const loop of loops.overContent) emitContentLoop(emitter, loop);
    if (loops.hasEventLoop) emitEventLoop(emitter, members, { fills: loops.perEvent, totals, isCounted: isFirst });
    f.return(i32(0));
  };
  try {
    return m.define("run", params, "i32", body, { mostBytes });
  } catch (error) {
    if (error instanceof CodeTooLarge) return undefined;
    throw error;
  }
}

export const shapeOf = ({ filters, totals, histograms, rows }: ProgramTerms): PartialShape => ({
  filters,
  ...(totals && { totals }),
  histograms: histograms.map(({ axes, storage }) => ({ axes: axes.map(({ axis }) => axis), storage })),
  ...(rows && { rows }),
});

export const fillsOf = (member: Member): readonly Fill[] =>
  member.program.histograms.map((histogram, index) => ({ member, histogram, layout: member.layout.histograms[index] }));

export const totalsOf = ({ program: { totals = [] }, layout }: Member): ReadonlyMap<Term, number> =>
  new Map(totals.map((total, index) => [total, layout.totals[index]]));

function emitContentLoop(emitter: Emitter, { group, list, isWide }: ContentLoop): void {
  emitter.inside(() => {
    const [from, to] = (["begin", "end"] as const).map((end) => emitter.columns.offset(String(list.literal), emitter.param(end)));
    let rest: Expression = from;
    if (isWide)
      emitter.inside(() => {
        rest = emitWideFill(emitter, { base: group.base, histograms: group.fills }, setRange(emitter, list, { from, to }));
      });
    setRange(emitter, list, { from: rest, to });
    // Not kept in scratch, even if other terms use it: here the list is that of all events together.
    emitGroup(emitter, group, { isKept: false });
  });
}
