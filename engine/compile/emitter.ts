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
import type { NumberSlots } from "./alike/number-slots.ts";
import { bind, type Code, type Element, type Environment, type ScalarCode, truth } from "./code.ts";
import { ColumnReader } from "./column-reader.ts";
import { keyOf } from "./key-of.ts";
import type { List } from "./list.ts";
import type { CompilerNotes } from "./loops/compiler-notes.ts";
import { lastTerm, stepsLeft, stopFlag, trapReason, trapReasons } from "./work-area.ts";

/** Parameters of the compiled function, before one address for each input. */
export const runParams = ["begin", "end", "work", "scratch", "scratchEnd"] as const;

/** Loops of fewer turns, inside one other loop, take no steps: most lists are short, and to count would be felt. */
const uncountedTurns = 16;

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

type Provider = () => ScalarCode;

export type Operator = PartOperator | ValueOperator | ListMaker;

export interface Source {
  readonly operators: Readonly<Record<Operation, Operator>>;
  readonly inputs: readonly Input[];
  readonly schema: Schema;
  readonly roots: readonly Term[];
  /** Those that the code knows by their numbers. */
  readonly strings: readonly string[];
  /** Of terms, as `writeProgram` gives them: what a list is called that takes too many steps. */
  readonly numbers: ReadonlyMap<Term, number>;
  /** Numbers that the same code may run with others instead of; absent where it is for these alone. */
  readonly slots?: NumberSlots | undefined;
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
  readonly slots: NumberSlots | undefined;
  /** The event, while its code is written. */
  event: Expression = i32(0);
  /** The list whose loop is being written, the innermost. */
  list: Term | undefined;
  /** First free byte of the scratch. */
  readonly stack: Local;
  /** How many terms use each term directly. */
  readonly uses: ReadonlyMap<Term, number>;
  readonly #costs = new Map<Term, number>();
  readonly #known = new Map<string, unknown>();
  /** Lists what became known in each branch or loop body that is being written, the innermost last. Nothing stands in two of the lists. */
  readonly #frames: string[][] = [[]];
  readonly #stacked: { used: boolean }[] = [];
  readonly #numbers: ReadonlyMap<Term, number>;
  readonly #origins = new Map<string, number>();
  #elements = 0;

  constructor(f: FunctionBuilder, m: ModuleBuilder, source: Source) {
    this.f = f;
    this.m = m;
    this.operators = source.operators;
    this.columns = new ColumnReader(f, { ...source, firstInput: runParams.length });
    this.sharesEarly = source.sharesEarly;
    this.notes = source.notes;
    this.slots = source.slots;
    this.stack = f.variable(this.param("scratch"));
    const terms = reachable(source.roots);
    this.#numbers = source.numbers;
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
   * A counting loop; scratch that its body takes is free again at the end of each turn. Loops inside others take their turns off the steps that are left,
   * unless these are counted already.
   */
  loop(from: Expression, to: Expression, body: (counter: Local) => void, { isCounted = false } = {}): void {
    if (this.isInLoop) {
      this.heedFlags();
      const turns = this.keep(I.sub(to, from));
      const take = () => this.takeSteps(L.fromI32(turns));
      if (!isCounted && this.#stacked.length > 1) take();
      else if (!isCounted) this.if(I.ge(turns, i32(uncountedTurns)), take);
    }
    const before = this.f.variable(this.stack);
    const frame = { used: false };
    this.#stacked.push(frame);
    this.f.count(from, to, (counter) => {
      this.inside(() => body(counter));
      if (frame.used) this.f.set(this.stack, before);
    });
    this.#stacked.pop();
  }

  get isInLoop(): boolean {
    return this.#stacked.length > 0;
  }

  /** Loops inside others look first whether to stop or to wait, so that between two looks there are at most a few million elements. */
  heedFlags(): void {
    this.f.if(L.ne(load.i64(this.param("work"), stopFlag), i64(0n)), () => this.keep(call(this.m.imported("heed flags"))));
  }

  /**
   * Takes so many (i64) off the steps that are left; with none left the run ends. What is counted are the turns of loops inside others, unless they are short
   * and inside one only, and all combinations of long lists: what is linear in the length of a partition's columns is not.
   */
  takeSteps(count: Expression): void {
    const work = this.param("work");
    const left = this.keep(L.sub(load.i64(work, stepsLeft), count));
    this.f.store(store.i64, work, left, stepsLeft);
    this.f.if(L.lt(left, i64(0n)), () => {
      this.f.store(store.i32, work, i32(this.list ? (this.#numbers.get(this.list) ?? -1) : -1), lastTerm);
      this.trap("steps");
    });
  }

  /** A loop over every second number, whose turns are counted elsewhere: what its body does for a number and the next one, which may be `to`, it does at once. */
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
