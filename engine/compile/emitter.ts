/**
 * Writes the code of terms into one function. What was computed is remembered by term and by the elements its parameters
 * mean, so a term that is needed twice is computed once; memory of it ends with the branch or loop body it was computed in.
 *
 * What an operation does its operator knows: one row of the table that the compiler is given.
 */
import type { Input } from "../program/inputs.ts";
import type { Schema } from "../program/schema.ts";
import { type Operation, reachable, type Term } from "../program/term.ts";
import type { FunctionBuilder } from "../wasm/function-builder.ts";
import { call, type Expression, I, i32, i64, L, type Local, load, store } from "../wasm/instructions.ts";
import type { ModuleBuilder } from "../wasm/module-builder.ts";
import { type BodyOfTwo, bind, type Code, type Element, type Environment, type FunctionOver, type ScalarCode, truth } from "./code.ts";
import { ColumnReader } from "./column-reader.ts";
import { keyOf } from "./key-of.ts";
import type { CompilerNotes } from "./loops/compiler-notes.ts";
import { stopFlag, trapReason, trapReasons } from "./work-area.ts";

/** Parameters of the compiled function, before one address for each input. */
export const runParams = ["begin", "end", "work", "scratch", "scratchEnd"] as const;

export type Lowering = (emitter: Emitter, term: Term, environment: Environment) => Code;

/** Takes values apart or puts them together; writes no instructions of its own. */
export interface PartOperator {
  readonly kind: "part";
  readonly cost: number;
  readonly lower: Lowering;
}

/** Computes a number, a boolean, a string, or an element of a list. */
export interface ValueOperator {
  readonly kind: "value";
  /** Rough cost of computing it once where its arguments are there, in simple instructions. */
  readonly cost: number;
  readonly lower: Lowering;
}

/** Makes a list. */
export interface ListMaker {
  readonly kind: "list";
  readonly cost: number;
  /** True where elements have to be searched for: this is done once where several terms use the list. */
  readonly isSearch: boolean;
  /** Writes no code. */
  open(emitter: Emitter, term: Term, environment: Environment): List;
}

/** Writes what is to be done with each element. `place` is what `List.at` takes. */
export type LoopBody = (element: Element, place: readonly Expression[]) => void;

/**
 * A list is a loop and not an array: `iterate` writes the loop. Where elements are needed again or by number, their places are kept
 * in scratch. A place is where an element lies: in a list of the schema the number in its content, in pairs the numbers of both
 * members.
 */
export interface List {
  /** How many i32 tell where an element lies. */
  readonly places: number;
  /** True where an element's position follows from its place, false where only counting tells it. */
  readonly knowsPositions: boolean;
  /**
   * With `ofTwo`: the loop may be written by this instead, for two elements at a time.
   * With `functions` that are going to be applied to the elements: what they compute of a part of an element may be computed once for several.
   */
  iterate(body: LoopBody, functions?: readonly FunctionOver[], ofTwo?: BodyOfTwo): void;
  /** The element that lies at a place. With `isThere`: where that is 0 the place is any, and so is what is read. */
  at(place: readonly Expression[], isThere?: Expression): Element;
  /** How many elements there are, i64. Traps where that is more than 63 bits hold. */
  length(): Expression;
  /** No fewer than there are, i64, without searching. What `iterate` needs in scratch for itself, and for these functions, is taken here. */
  bound(functions?: readonly FunctionOver[]): Expression;
  /** True where the loop takes scratch all the same, for lists in its functions. */
  readonly takesScratch: boolean;
  /** Elements by number; undefined where their places have to be kept for that. */
  readonly numbered?: (() => Numbered) | undefined;
}

/** Elements by number: handles are i32 from `from` up to, not including, `to`. */
export interface Numbered {
  readonly from: Expression;
  readonly to: Expression;
  /** Handles are the numbers of elements in the content of a list of the schema. */
  readonly isContent?: boolean;
  /** The lists that it is put together from, where it is: quicker to loop over one after the other. */
  readonly runs?: readonly Run[];
  /** With `isThere`: where that is 0 the handle is that of no element, and what is read is anything. */
  at(handle: Expression, isThere?: Expression): Element;
}

type Provider = () => ScalarCode;

/** A part of a list: an element's handle in `list` and `shift` add up to its handle in the whole. */
export interface Run {
  readonly list: Numbered;
  readonly shift: Expression;
  readonly term: Term;
}

export type Operator = PartOperator | ValueOperator | ListMaker;

export interface Source {
  readonly operators: Readonly<Record<Operation, Operator>>;
  readonly inputs: readonly Input[];
  readonly schema: Schema;
  readonly roots: readonly Term[];
  /** Those that the code knows by their numbers. */
  readonly strings: readonly string[];
  /** Terms that several others use are computed before the branches that use them. */
  readonly sharesEarly: boolean;
  readonly notes?: CompilerNotes | undefined;
}

export class Emitter {
  readonly f: FunctionBuilder;
  readonly m: ModuleBuilder;
  readonly operators: Readonly<Record<Operation, Operator>>;
  readonly columns: ColumnReader;
  readonly sharesEarly: boolean;
  readonly notes: CompilerNotes | undefined;
  /** The numbers of the strings that the program names. */
  readonly strings: ReadonlyMap<string, number>;
  /** The event, while its code is written. */
  event: Expression = i32(0);
  /** First free byte of the scratch. */
  readonly stack: Local;
  /** How many terms use each term directly. */
  readonly uses: ReadonlyMap<Term, number>;
  readonly #costs = new Map<Term, number>();
  readonly #known = new Map<string, unknown>();
  /** Lists what became known in each branch or loop body that is being written, the innermost last. Nothing stands in two of the lists. */
  readonly #frames: string[][] = [[]];
  readonly #stacked: { used: boolean }[] = [];
  readonly #origins = new Map<string, number>();
  #elements = 0;

  constructor(f: FunctionBuilder, m: ModuleBuilder, source: Source) {
    this.f = f;
    this.m = m;
    this.operators = source.operators;
    this.columns = new ColumnReader(f, { ...source, firstInput: runParams.length });
    this.sharesEarly = source.sharesEarly;
    this.notes = source.notes;
    this.stack = f.variable(this.param("scratch"));
    const terms = reachable(source.roots);
    this.strings = new Map(source.strings.map((string, number) => [string, number]));
    const uses = new Map<Term, number>();
    for (const term of [...terms.flatMap(({ args }) => args), ...source.roots]) uses.set(term, (uses.get(term) ?? 0) + 1);
    this.uses = uses;
  }

  param(name: (typeof runParams)[number]): Local {
    return this.f.params[runParams.indexOf(name)];
  }

  /** The number of a list of the schema, or of a record literal over its elements, as what records are elements of. */
  originOf(name: string): number {
    const known = this.#origins.get(name) ?? this.#origins.size;
    this.#origins.set(name, known);
    return known;
  }

  newKey(): string {
    return `e${this.#elements++}`;
  }

  /** What `make` gives, made once for this key while the code that made it is sure to have run. */
  once<Value>(key: string, make: () => Value): Value {
    const known = this.#known.get(key);
    if (known !== undefined) return known as Value;
    const value = make();
    this.#known.set(key, value);
    this.#frames.at(-1)!.push(key);
    return value;
  }

  /** From here to the end of the loop or branch, the value of a term is read where it is needed, and not computed. */
  provide(term: Term, environment: Environment, read: Provider): void {
    this.once(`provided ${keyOf(term, environment)}`, () => read);
  }

  /** Code that may not run, or runs again: what it computes is not known after it. */
  inside(body: () => void): void {
    this.#frames.push([]);
    body();
    for (const key of this.#frames.pop()!) this.#known.delete(key);
  }

  if(test: Expression, yes: () => void, no?: () => void): void {
    this.f.if(test, () => this.inside(yes), no && (() => this.inside(no)));
  }

  /**
   * A counting loop; scratch that its body takes is free again at the end of each turn. Loops inside others look at the flags
   * first, whether to stop or to wait, so that between two looks there is at most one list.
   */
  loop(from: Expression, to: Expression, body: (counter: Local) => void): void {
    if (this.#stacked.length > 0)
      this.f.if(L.ne(load.i64(this.param("work"), stopFlag), i64(0n)), () => this.keep(call(this.m.imported("heed flags"))));
    const before = this.f.variable(this.stack);
    const frame = { used: false };
    this.#stacked.push(frame);
    this.f.count(from, to, (counter) => {
      this.inside(() => body(counter));
      if (frame.used) this.f.set(this.stack, before);
    });
    this.#stacked.pop();
  }

  /** A loop over every second number: what its body does for a number and the next one, which may be `to`, it does at once. */
  eachTwo(from: Expression, to: Expression, body: (first: Local) => void): void {
    const first = this.f.variable(from);
    this.f.block((end) => {
      this.f.loop((again) => {
        this.f.branchIf(end, I.ge(first, to));
        this.inside(() => body(first));
        this.f.set(first, I.add(first, i32(2)));
        this.f.branch(again);
      });
    });
  }

  /**
   * Takes scratch for `wanted` (i64) things of `bytes` each; where there is too little, all there is or, where some is left for others
   * inside the same loop, a trap. Gives its first address and its end. What is behind the stack's end later is free again.
   */
  takeScratch(
    wanted: Expression,
    bytes: number,
    { leavesRoom }: { readonly leavesRoom: boolean },
  ): { readonly from: Local; readonly to: Local } {
    for (const frame of this.#stacked) frame.used = true;
    const from = this.f.variable(this.stack);
    const bytesLeft = L.fromU32(I.sub(this.param("scratchEnd"), from));
    // Processors shift many times as fast as they divide.
    const isPowerOfTwo = Number.isInteger(Math.log2(bytes));
    const room = this.keep(isPowerOfTwo ? L.shrU(bytesLeft, i64(BigInt(Math.log2(bytes)))) : L.divU(bytesLeft, i64(BigInt(bytes))));
    const count = this.f.variable(wanted);
    this.f.if(L.gtU(count, room), () => (leavesRoom ? this.trap("scratch") : this.f.set(count, room)));
    const to = this.f.variable(I.add(from, I.mul(I.wrapI64(count), i32(bytes))));
    this.f.set(this.stack, to);
    return { from, to };
  }

  trap(reason: keyof typeof trapReasons): void {
    this.f.store(store.i32, this.param("work"), i32(trapReasons[reason]), trapReason);
    this.f.trap();
  }

  keep = (value: Expression): Expression => this.f.keep(value);

  lower(term: Term, environment: Environment): Code {
    const operator = this.operators[term.operation];
    switch (operator.kind) {
      case "list":
        return { kind: "list", term, environment };
      case "part": {
        if (term.operation !== "field") return operator.lower(this, term, environment);
        const key = keyOf(term, environment);
        const provided = this.#known.get(`provided ${key}`) as Provider | undefined;
        return provided ? this.once(key, provided) : operator.lower(this, term, environment);
      }
      case "value": {
        const key = keyOf(term, environment);
        return this.once(
          key,
          () => (this.#known.get(`provided ${key}`) as Provider | undefined)?.() ?? operator.lower(this, term, environment),
        );
      }
    }
  }

  scalar(term: Term, environment: Environment): ScalarCode {
    return this.lower(term, environment) as ScalarCode;
  }

  /** What a function gives for an element. */
  apply(lambda: Term, environment: Environment, element: Element): Code {
    return this.lower(lambda.args[0], bind(environment, Number(lambda.literal), element));
  }

  /** Whether a function gives true for an element: not false, and not missing. */
  test(lambda: Term, environment: Environment, element: Element): Expression {
    return truth(this.apply(lambda, environment, element) as ScalarCode);
  }

  /** Rough cost of computing a term once, in simple instructions; a list's function is taken to run three times. */
  cost(term: Term): number {
    const known = this.#costs.get(term);
    if (known !== undefined) return known;
    const parts = term.args.reduce((sum, arg) => sum + this.cost(arg), 0);
    const cost = Math.min(this.operators[term.operation].cost + (term.operation === "lambda" ? 3 * parts : parts), 1e6);
    this.#costs.set(term, cost);
    return cost;
  }
}
