/**
 * Several programs → one module that runs them together, what they have in common computed once. What each adds up is bit for bit what it adds up alone:
 * every histogram is filled with the same numbers in the same order. Histograms, and totals, that are the same in several programs are filled once, and
 * copied to the others at the end.
 */
import type { Input } from "../program/inputs.ts";
import { type Program, rootsOf, stringsOf } from "../program/program.ts";
import { type Column, innermost } from "../program/schema.ts";
import { type ProgramSource, readTerms } from "../program/source.ts";
import { reachable, type Term, Terms } from "../program/term.ts";
import { CodeTooLarge } from "../wasm/function-builder.ts";
import { fillsOf, shapeOf, totalsOf, writeTogether } from "./compile-program.ts";
import { chainOf, type Fill, type Member } from "./emit-events.ts";
import { headerBytes, type Layout, layOut, totalBytes } from "./work-area.ts";

export interface SourceProgram {
  readonly program: Program;
  readonly source: ProgramSource;
}

export interface TogetherCode {
  readonly module: Uint8Array<ArrayBuffer>;
  /** Where each program adds to: one after another, in one work area. */
  readonly layouts: readonly Layout[];
  /** For each input of the module, a program that has it and its number there. */
  readonly inputs: readonly { readonly program: number; readonly input: number }[];
  /** Those that the module knows by their numbers. */
  readonly strings: readonly string[];
  /** What is added up once is copied so at the end, relative to the work area. */
  readonly copies: readonly { readonly from: number; readonly to: number; readonly bytes: number }[];
}

/** Thrown where programs cannot be run together; alone each can. */
export class CannotRunTogether extends Error {
  override readonly name = "CannotRunTogether";
}

/** Programs of more different filters have a function for each of these: one for all would be so large that it is slower than what they save by sharing. */
const mostGuards = 4;
/** The most different terms of all programs, as many as one query may have, and bytes of their module: to compile many more takes a host gigabytes. */
const mostTerms = 5_000;
const mostBytes = 100_000;

/** Throws `CannotRunTogether`, as for programs that have rows, or `TermsTooLarge`. */
export function compileTogether(programs: readonly SourceProgram[]): TogetherCode {
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
  const schema = { columns: mergeColumns(programs.map(({ source }) => source.columns)), unsupported: [] };
  const strings = stringsOf(reachable(members.flatMap((member) => rootsOf(member.program))));
  const { fills, totals, copies } = onlyOnce(members);
  const groups = groupByFilters(members);
  for (const sharesEarly of [false, true]) {
    try {
      const options = {
        inputs: merged.map(({ input }) => input),
        schema,
        strings,
        numbers: new Map<Term, number>(),
        sharesEarly,
        fills,
        totals,
      };
      const { bytes: module } = writeTogether(groups.length > mostGuards ? groups : [members], options);
      if (module.length > mostBytes) throw new CannotRunTogether(`the code of all programs together has ${module.length} bytes`);
      return { module, layouts: members.map(({ layout }) => layout), inputs: merged.map(({ from }) => from), strings, copies };
    } catch (error) {
      if (!(error instanceof CodeTooLarge)) throw error;
    }
  }
  throw new CannotRunTogether("the code of all programs together would be too large");
}

/** Those of the same filters share most. */
function groupByFilters(members: readonly Member[]): readonly (readonly Member[])[] {
  const groups = new Map<string, Member[]>();
  for (const member of members) groups.set(chainOf(member), [...(groups.get(chainOf(member)) ?? []), member]);
  return [...groups.values()];
}

function onlyOnce(members: readonly Member[]): {
  fills: readonly Fill[];
  totals: ReadonlyMap<Term, number>;
  copies: TogetherCode["copies"];
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

/** Equal for histograms that are filled alike, of programs of the same filters. */
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

/** The same column may have another form in programs that were made while its dataset was smaller. */
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
