/**
 * Program → WebAssembly module, with one function `run(begin, end, work, scratch, scratchEnd, ...addresses of inputs)` that
 * adds events [begin, end) of a partition to the work area. It is called for blocks of events: V8 moves a function to its
 * optimising tier only between calls.
 */

import type { PartialShape } from "../histogram/partial.ts";
import { setRange } from "../lists/collection.ts";
import type { Input } from "../program/inputs.ts";
import { type ProgramTerms, rootsOf, stringsOf } from "../program/program.ts";
import type { Schema } from "../program/schema.ts";
import { reachable, type Term } from "../program/term.ts";
import { QueryError } from "../query/query-error.ts";
import { CodeTooLarge } from "../wasm/function-builder.ts";
import { type Expression, type FunctionReference, i32 } from "../wasm/instructions.ts";
import { ModuleBuilder } from "../wasm/module-builder.ts";
import { emitEventLoop, emitGroup, type Fill, type Member } from "./emit-events.ts";
import { Emitter, runParams } from "./emitter.ts";
import { defineCountReader } from "./fills/define-count-reader.ts";
import { emitFlatFill } from "./fills/emit-flat-fill.ts";
import { emitWideFill } from "./fills/emit-wide-fill.ts";
import { CompilerNotes } from "./loops/compiler-notes.ts";
import { type ContentLoop, planLoops } from "./loops/plan-loops.ts";
import { operators } from "./operators.ts";
import { layOut } from "./work-area.ts";

/** The bytes of the module, for a program that `makeProgram` made of this schema. Throws `QueryError` where the code would be too large. */
export const compileProgram = (program: ProgramTerms, schema: Schema): Uint8Array<ArrayBuffer> => compileNoted(program, schema).module;

/** Likewise, with what the compiler decided. */
export function compileNoted(
  program: ProgramTerms,
  schema: Schema,
): { readonly module: Uint8Array<ArrayBuffer>; readonly notes: CompilerNotes } {
  for (const sharesEarly of [false, true]) {
    const notes = new CompilerNotes();
    try {
      return { module: writeModule(program, schema, sharesEarly, notes), notes };
    } catch (error) {
      if (!(error instanceof CodeTooLarge)) throw error;
    }
  }
  const message = "the query is too large: its lists are combined with themselves too many times; ask for fewer things at once";
  throw new QueryError([{ at: "/histograms", message }]);
}

/** `sharesEarly`: terms that several others use are computed before the branches that use them. Throws `CodeTooLarge`. */
export function writeModule(program: ProgramTerms, schema: Schema, sharesEarly: boolean, notes?: CompilerNotes): Uint8Array<ArrayBuffer> {
  const member = memberOf(program);
  const strings = stringsOf(reachable(rootsOf(program)));
  return writeTogether([[member]], {
    inputs: program.inputs,
    schema,
    strings,
    sharesEarly,
    notes,
    fills: fillsOf(member),
    totals: totalsOf(member),
  });
}

/** A program that is compiled alone. */
export const memberOf = (program: ProgramTerms): Member => ({ program, layout: layOut(shapeOf(program)) });

export interface TogetherOptions {
  /** Of all programs. */
  readonly inputs: readonly Input[];
  readonly schema: Schema;
  /** Those that the module knows by their numbers. */
  readonly strings: readonly string[];
  readonly sharesEarly: boolean;
  readonly notes?: CompilerNotes | undefined;
  readonly fills: readonly Fill[];
  /** Where each total is added. */
  readonly totals: ReadonlyMap<Term, number>;
}

/**
 * One module for several programs, whose terms are made by one `Terms`. It has a function for each group of them, all of which have to be called for the same
 * events: `run`, `run 1`, …, and one that reads counts. Throws `CodeTooLarge`.
 */
export function writeTogether(groups: readonly (readonly Member[])[], options: TogetherOptions): Uint8Array<ArrayBuffer> {
  const m = new ModuleBuilder(["heed flags"]);
  for (const [index, members] of groups.entries()) {
    const isOwn = new Set(members);
    const fills = options.fills.filter(({ member }) => isOwn.has(member));
    const totals = index === 0 ? options.totals : new Map<Term, number>();
    m.export(defineRun(m, index === 0 ? "run" : `run ${index}`, members, { ...options, fills, totals }));
  }
  m.export(defineCountReader(m));
  return m.encode();
}

function defineRun(m: ModuleBuilder, name: string, members: readonly Member[], options: TogetherOptions): FunctionReference {
  const { inputs, schema, strings, sharesEarly, notes, fills, totals } = options;
  const params = [...runParams, ...inputs.map(() => "input")].map(() => "i32" as const);
  return m.define(name, params, "i32", (f) => {
    const roots = [...members.flatMap(({ program }) => rootsOf(program)), ...(members.length > 1 ? totals.keys() : [])];
    const emitter = new Emitter(f, m, { operators, inputs, schema, roots, strings, sharesEarly, notes });
    const loops = planLoops(members, { fills, totals, columns: emitter.columns });
    for (const { fill, source } of loops.flat) emitFlatFill(emitter, fill, source);
    for (const loop of loops.overContent) emitContentLoop(emitter, loop);
    if (loops.hasEventLoop) emitEventLoop(emitter, members, { fills: loops.perEvent, totals });
    f.return(i32(0));
  });
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
    // Not kept in scratch, whoever uses it too: it is as long as that of all events together.
    emitGroup(emitter, group, { isKept: false });
  });
}
