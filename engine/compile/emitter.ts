/**
 * Writes the code of terms into one function. It remembers what was computed by the term and the elements its parameters
 * mean, so a term that is needed twice is computed once. A value is forgotten at the end of the branch or loop body that computed it.
 *
 * The code of an operation comes from its operator, a row of the table that the compiler is given.
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

/** The parameters of the compiled function; one address for each input follows. */
export const runParams = ["begin", "end", "work", "scratch", "scratchEnd"] as const;

/** Loops of fewer turns that are inside only one other loop take no steps: most lists are short, and counting would cost noticeable time. */
const uncountedTurns = 16;

export type Lowering = (emitter: Emitter, term: Term, environment: Environment) => Code;

/** An operator that takes values apart or combines them, and writes no instructions of its own. */
export interface PartOperator {
  readonly kind: "part";
  readonly cost: number;
  readonly lower: Lowering;
}

/** An operator that computes a number, a boolean, a string, or an element of a list. */
export interface ValueOperator {
  readonly kind: "value";
  /** The approximate cost of computing it once, without its arguments, in simple instructions. */
  readonly cost: number;
  readonly lower: Lowering;
}

/** An operator that makes a list. */
export interface ListMaker {
  readonly kind: "list";
  readonly cost: number;
  /** Whether elements must be searched for. If several terms use the list, this is done only once. */
  readonly isSearch: boolean;
  /** Makes the list without writing code. */
  open(emitter: Emitter, term: Term, environment: Environment): List;
}

type Provider = () => ScalarCode;

export type Operator = PartOperator | ValueOperator | ListMaker;

export interface Source {
  readonly operators: Readonly<Record<Operation, Operator>>;
  readonly inputs: readonly Input[];
  readonly schema: Schema;
  readonly roots: readonly Term[];
  /** The strings that the code knows by their numbers. */
  readonly strings: readonly string[];
  /** The numbers of terms in the program (`writeProgram`). They tell which list took too many steps. */
  readonly numbers: ReadonlyMap<Term, number>;
  /** The numbers that can be replaced by others to run the same code; absent if the code is only for its own numbers. */
  readonly slots?: NumberSlots | undefined;
  /** Whether terms that several others use are computed before the branches that use them. */
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
  /** The numbers of the program's string literals. */
  readonly strings: ReadonlyMap<string, number>;
  readonly slots: NumberSlots | undefined;
  /** The index of the event, while its code is written. */
  event: Expression = i32(0);
  /** The list of the innermost loop that is being written. */
  list: Term | undefined;
  /** The address of the first free byte of the scratch. */
  readonly stack: Local;
  /** How many terms use each term directly. */
  readonly uses: ReadonlyMap<Term, number>;
  readonly #costs = new Map<Term, number>();
  readonly #known = new Map<string, unknown>();
  /** The keys of values that became known in each branch or loop body being written, the innermost last. Each key is in one of these lists only. */
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

  /** A number for a list of the schema, or for a record literal made from its elements; it identifies where records come from. */
  originOf(name: string): number {
    const known = this.#origins.get(name) ?? this.#origins.size;
    this.#origins.set(name, known);
    return known;
  }

  newKey(): string {
    return `e${this.#elements++}`;
  }

  /** The result of `make`. It is reused for the same key in all code that can only run after the code which `make` wrote. */
  once<Value>(key: string, make: () => Value): Value {
    const known = this.#known.get(key);
    if (known !== undefined) return known as Value;
    const value = make();
    this.#known.set(key, value);
    this.#frames.at(-1)!.push(key);
    return value;
  }

  /** From here to the end of the loop or branch, the value of a term is read by `read` where it is needed, instead of being computed. */
  provide(term: Term, environment: Environment, read: Provider): void {
    this.once(`provided ${keyOf(term, environment)}`, () => read);
  }

  /** Writes code that may not run, or may run several times; so what it computes is forgotten after it. */
  inside(body: () => void): void {
    this.#frames.push([]);
    body();
    for (const key of this.#frames.pop()!) this.#known.delete(key);
  }

  if(test: Expression, yes: () => void, no?: () => void): void {
    this.f.if(test, () => this.inside(yes), no && (() => this.inside(no)));
  }

  /**
   * Writes a counting loop; the scratch that its body takes is free again at the end of each turn. Loops inside others subtract their turns from the
   * remaining steps, unless `isCounted`: then the turns are counted elsewhere.
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

  /** Writes the check whether to stop or wait, before each loop inside others; so at most a few million elements come between two checks. */
  heedFlags(): void {
    this.f.if(L.ne(load.i64(this.param("work"), stopFlag), i64(0n)), () => this.keep(call(this.m.imported("heed flags"))));
  }

  /**
   * Subtracts `count` (i64) from the remaining steps; the run ends if none remain. Steps are the turns of loops inside others, except short loops inside only
   * one other, and all combinations of long lists. Work that is linear in the length of a partition's columns takes no steps.
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

  /** Writes a loop over every second number, whose turns are counted elsewhere. Its body handles the number and the next one, which may be `to`, at once. */
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
   * Takes scratch for `wanted` (i64) items of `bytes` each, and returns its first address and its end. If there is too little, it takes all that is left
   * or, with `leavesRoom`, since the loop needs scratch for other lists, it traps. Setting `stack` back frees what lies behind it.
   */
  takeScratch(
    wanted: Expression,
    bytes: number,
    { leavesRoom }: { readonly leavesRoom: boolean },
  ): { readonly from: Local; readonly to: Local } {
    for (const frame of this.#stacked) frame.used = true;
    const from = this.f.variable(this.stack);
    const bytesLeft = L.fromU32(I.sub(this.param("scratchEnd"), from));
    // Shifts instead of dividing if possible, since processors shift many times as fast.
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

  /** The result of a function for an element. */
  apply(lambda: Term, environment: Environment, element: Element): Code {
    return this.lower(lambda.args[0], bind(environment, Number(lambda.literal), element));
  }

  /** Whether the result of a function for an element is true, so neither false nor missing. */
  test(lambda: Term, environment: Environment, element: Element): Expression {
    return truth(this.apply(lambda, environment, element) as ScalarCode);
  }

  /** The approximate cost of computing a term once, in simple instructions. A list's function is assumed to run three times. */
  cost(term: Term): number {
    const known = this.#costs.get(term);
    if (known !== undefined) return known;
    const parts = term.args.reduce((sum, arg) => sum + this.cost(arg), 0);
    const cost = Math.min(this.operators[term.operation].cost + (term.operation === "lambda" ? 3 * parts : parts), 1e6);
    this.#costs.set(term, cost);
    return cost;
  }
}
