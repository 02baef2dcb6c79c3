/**
 * Compiles several programs to one module that runs them together and computes once what they have in common. The sums of each program are bit for bit the
 * same as alone: every histogram is filled with the same numbers in the same order. Histograms and totals that several programs share are filled
 * once and copied to the others at the end.
 *
 * As for a program alone (`alike/compile-alike.ts`), programs that differ from others only in numbers, in strings, or in which columns of the event they
 * read have the same shape, and a module of that shape runs them after their numbers were passed to `set numbers`.
 */
import type { Input } from "../program/inputs.ts";
import { type Program, rootsOf, stringsOf } from "../program/program.ts";
import { type Column, innermost } from "../program/schema.ts";
import { type ProgramSource, readTerms } from "../program/source.ts";
import { reachable, type Term, Terms } from "../program/term.ts";
import { CodeTooLarge } from "../wasm/function-builder.ts";
import { shapeOf as codeShapeOf } from "./alike/code-shape.ts";
import { withNumbers } from "./alike/compile-alike.ts";
import { findNumbers } from "./alike/number-slots.ts";
import { fillsOf, shapeOf, type TogetherOptions, totalsOf, writeTogether } from "./compile-program.ts";
import { chainOf, type Fill, type Member } from "./emit-events.ts";
import { ProgramColumns } from "./loops/program-columns.ts";
import { headerBytes, type Layout, layOut, totalBytes } from "./work-area.ts";

export interface SourceProgram {
  readonly program: Program;
  readonly source: ProgramSource;
}

/** What a run of several programs needs besides their module. */
export interface TogetherRun {
  /** The layout of each program's part of the work area; the parts follow one another. */
  readonly layouts: readonly Layout[];
  /** For each input of the module: a program that has this input, and its number in that program. */
  readonly inputs: readonly { readonly program: number; readonly input: number }[];
  /** The strings that the module knows by their numbers. */
  readonly strings: readonly string[];
  /** The numbers of the programs, one for each slot of the module. */
  readonly numbers: readonly number[];
  /** Copies to make at the end, for sums that several programs share. Places are relative to the work area. */
  readonly copies: readonly { readonly from: number; readonly to: number; readonly bytes: number }[];
}

export interface Together {
  readonly run: TogetherRun;
  /** Equal for programs that the same module can run. */
  readonly shape: string;
  /** Writes the module, with all its numbers 0. Throws `CannotRunTogether` for all programs of this shape. */
  compile(): Uint8Array<ArrayBuffer>;
}

/** These programs cannot be run together, but each can be run alone. */
export class CannotRunTogether extends Error {
  override readonly name = "CannotRunTogether";
}

/** Programs with more different filters than this have one function per filter: a single one would be so large that it loses more time than sharing saves. */
const mostGuards = 4;
/** The most different terms of all programs, as many as one query may have, and the most bytes of their module: compiling many more takes gigabytes. */
const mostTerms = 5_000;
const mostBytes = 100_000;

/** Prepares running programs together. Throws `CannotRunTogether`, for example if a program has rows, or `TermsTooLarge`. */
export function prepareTogether(programs: readonly SourceProgram[]): Together {
  if (programs.some(({ program }) => program.rows)) throw new CannotRunTogether("rows are written by a program that runs alone");
  const terms = new Terms(mostTerms);
  const members: Member[] = [];
  let start = headerBytes;
  for (const { program, source } of programs) {
    const read = readTerms(program, source, terms);
    const layout = layOut(shapeOf(read), start);
    members.push({ program: read, layout });
    start = layout.scratch;
  }
  const merged = mergeInputs(programs.map(({ program }) => program.inputs));
  const inputs = merged.map(({ input }) => input);
  const schema = { columns: mergeColumns(programs.map(({ source }) => source.columns)), unsupported: [] };
  const all = members.map(({ program }) => program);
  const order = reachable(all.flatMap(rootsOf));
  const slots = findNumbers(all, order, new ProgramColumns({ inputs, schema }));
  const strings = stringsOf(order);
  const { fills, totals, copies } = onlyOnce(members);
  return {
    run: { layouts: members.map(({ layout }) => layout), inputs: merged.map(({ from }) => from), strings, numbers: slots.numbers, copies },
    shape: codeShapeOf(all, { inputs, schema, order, slots }),
    compile: () => write(members, { inputs, schema, strings, slots, fills, totals }),
  };
}

function write(members: readonly Member[], parts: Omit<TogetherOptions, "numbers" | "sharesEarly">): Uint8Array<ArrayBuffer> {
  const groups = groupByFilters(members);
  for (const sharesEarly of [false, true]) {
    try {
      const options = { ...parts, numbers: new Map<Term, number>(), sharesEarly };
      const { bytes, slots: places } = writeTogether(groups.length > mostGuards ? groups : [members], options);
      if (bytes.length > mostBytes) throw new CannotRunTogether(`the code of all programs together has ${bytes.length} bytes`);
      return withNumbers({ module: bytes, places }, []);
    } catch (error) {
      if (!(error instanceof CodeTooLarge)) throw error;
    }
  }
  throw new CannotRunTogether("the code of all programs together would be too large");
}

/** Groups programs of the same filters, since these share most. */
function groupByFilters(members: readonly Member[]): readonly (readonly Member[])[] {
  const groups = new Map<string, Member[]>();
  for (const member of members) groups.set(chainOf(member), [...(groups.get(chainOf(member)) ?? []), member]);
  return [...groups.values()];
}

function onlyOnce(members: readonly Member[]): {
  fills: readonly Fill[];
  totals: ReadonlyMap<Term, number>;
  copies: TogetherRun["copies"];
} {
  const copies: { from: number; to: number; bytes: number }[] = [];
  const first = new Map<string, Fill>();
  const fills = members.flatMap(fillsOf).filter((fill) => {
    const key = fillKey(fill);
    const same = first.get(key);
    if (same) copies.push({ from: same.layout.fills, to: fill.layout.fills, bytes: fill.layout.end - fill.layout.fills });
    else first.set(key, fill);
    return !same;
  });
  const totals = new Map<Term, number>();
  for (const member of members) {
    for (const [term, to] of totalsOf(member)) {
      const from = totals.get(term);
      if (from === undefined) totals.set(term, to);
      else copies.push({ from, to, bytes: totalBytes });
    }
  }
  return { fills, totals, copies };
}

/** A key that is equal for histograms that are filled alike, in programs of the same filters. */
function fillKey({ member, histogram: { axes, filter, weight, sample, storage } }: Fill): string {
  return JSON.stringify([
    chainOf(member),
    storage,
    axes.map(({ axis, value }) => [axis, value.id]),
    [filter, weight, sample].map((term) => term?.id ?? null),
  ]);
}

function mergeInputs(all: readonly (readonly Input[])[]) {
  const merged = new Map<string, { input: Input; readonly from: { readonly program: number; readonly input: number } }>();
  for (const [program, inputs] of all.entries()) {
    for (const [index, input] of inputs.entries()) {
      const key = input.kind === "offsets" ? `offsets ${innermost(input)}` : `${input.kind} ${input.column}`;
      const known = merged.get(key);
      if (!known) merged.set(key, { input, from: { program, input: index } });
    }
  }
  return [...merged.values()];
}

/** Merges columns by name. A column may have different forms, if programs were made before and after files joined the dataset. */
function mergeColumns(all: readonly (readonly Column[])[]): readonly Column[] {
  const columns = new Map<string, Column>();
  for (const column of all.flat()) {
    const known = columns.get(column.name);
    if (known && JSON.stringify(known) !== JSON.stringify(column))
      throw new CannotRunTogether(`column ${column.name} has another form in some of the programs`);
    columns.set(column.name, column);
  }
  return [...columns.values()];
}
