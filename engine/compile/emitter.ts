/**
 * Writes the code of terms into one function. What was computed is remembered by term and by the elements its parameters
 * mean, so a term that is needed twice is computed once; memory of it ends with the branch or loop body it was computed in.
 */
import type { Input } from "../program/inputs.ts";
import { type Column, type DType, innermost, type Schema } from "../program/schema.ts";
import { reachable, type Term } from "../program/term.ts";
import type { FunctionBuilder } from "../wasm/function-builder.ts";
import { type Expression, F, I, i32, i64, L, type Local, load, store } from "../wasm/instructions.ts";
import type { ModuleBuilder } from "../wasm/module-builder.ts";
import type { Code, Environment, RecordCode, ScalarCode } from "./code.ts";
import { stopFlag, trapReason, trapReasons } from "./layout.ts";
import { lowerScalar } from "./lower-scalar.ts";

/** Parameters of the compiled function, before one address for each input. */
export const runParams = ["begin", "end", "work", "scratch", "scratchEnd"] as const;

export interface Source {
  readonly inputs: readonly Input[];
  readonly schema: Schema;
  readonly roots: readonly Term[];
  readonly sharesEarly: boolean;
}

export class Emitter {
  readonly f: FunctionBuilder;
  readonly m: ModuleBuilder;
  /** The event, while its code is written. */
  event: Expression = i32(0);
  /** First free byte of the scratch. */
  readonly stack: Local;
  /** How many terms use each term directly. */
  readonly uses: ReadonlyMap<Term, number>;
  /** Terms that several others use are computed before the branches that use them. */
  readonly sharesEarly: boolean;
  readonly #source: Source;
  readonly #columns: ReadonlyMap<string, Column>;
  readonly #frames: Map<string, unknown>[] = [new Map()];
  readonly #stacked: { used: boolean }[] = [];
  #elements = 0;

  constructor(f: FunctionBuilder, m: ModuleBuilder, source: Source) {
    this.f = f;
    this.m = m;
    this.#source = source;
    this.sharesEarly = source.sharesEarly;
    this.#columns = new Map(source.schema.columns.map((column) => [column.name, column]));
    this.stack = f.variable(this.param("scratch"));
    const uses = new Map<Term, number>();
    for (const term of reachable(source.roots)) for (const arg of term.args) uses.set(arg, (uses.get(arg) ?? 0) + 1);
    for (const root of source.roots) uses.set(root, (uses.get(root) ?? 0) + 1);
    this.uses = uses;
  }

  param(name: (typeof runParams)[number]): Local {
    return this.f.params[runParams.indexOf(name)];
  }

  #input(wanted: (input: Input) => boolean): Local {
    return this.f.params[runParams.length + this.#source.inputs.findIndex(wanted)];
  }

  newKey(): string {
    return `e${this.#elements++}`;
  }

  /** What `make` gives, made once for this key while the code that made it is sure to have run. */
  once<Value>(key: string, make: () => Value): Value {
    for (let depth = this.#frames.length - 1; depth >= 0; depth--) {
      const known = this.#frames[depth].get(key);
      if (known !== undefined) return known as Value;
    }
    const value = make();
    this.#frames[this.#frames.length - 1].set(key, value);
    return value;
  }

  /** Code that may not run, or runs again: what it computes is not known after it. */
  inside(body: () => void): void {
    this.#frames.push(new Map());
    body();
    this.#frames.pop();
  }

  if(test: Expression, yes: () => void, no?: () => void): void {
    this.f.if(test, () => this.inside(yes), no && (() => this.inside(no)));
  }

  /**
   * A counting loop; scratch that its body takes is free again at the end of each turn. Loops inside others look at the stop
   * flag first, so that between two looks there is at most one list.
   */
  loop(from: Expression, to: Expression, body: (counter: Local) => void): void {
    if (this.#stacked.length > 0) this.#stopWhenAsked();
    const before = this.f.variable(this.stack);
    const frame = { used: false };
    this.#stacked.push(frame);
    this.f.count(from, to, (counter) => {
      this.inside(() => body(counter));
      if (frame.used) this.f.set(this.stack, before);
    });
    this.#stacked.pop();
  }

  /** Takes scratch for `count` things of `bytes` each; traps where there is too little. Gives the address. */
  takeScratch(count: Expression, bytes: number): Expression {
    for (const frame of this.#stacked) frame.used = true;
    const address = this.f.variable(this.stack);
    const room = L.fromU32(I.sub(this.param("scratchEnd"), address));
    this.f.if(L.gtU(count, L.divU(room, i64(BigInt(bytes)))), () => this.trap("scratch"));
    this.f.set(this.stack, I.add(address, I.mul(I.wrapI64(count), i32(bytes))));
    return address;
  }

  trap(reason: keyof typeof trapReasons): void {
    this.f.store(store.i32, this.param("work"), i32(trapReasons[reason]), trapReason);
    this.f.trap();
  }

  #stopWhenAsked(): void {
    this.f.if(load.i32(this.param("work"), stopFlag), () => this.trap("stopped"));
  }

  keep = (value: Expression): Expression => this.f.keep(value);

  lower(term: Term, environment: Environment): Code {
    switch (term.operation) {
      case "collection":
      case "map":
      case "filter":
      case "pairs":
        return { kind: "list", term, environment };
      case "param":
        return environment[Number(term.literal)].code();
      case "member":
        return (this.lower(term.args[0], environment) as Extract<Code, { kind: "tuple" }>).members[Number(term.literal)];
      case "field":
        return (this.lower(term.args[0], environment) as RecordCode).get(String(term.literal));
      case "record": {
        const names = term.type.kind === "record" ? [...term.type.fields.keys()] : [];
        const isThere = term.args[names.length];
        return {
          kind: "record",
          get: (field) => this.lower(term.args[names.indexOf(field)], environment),
          ...(isThere && { present: this.scalar(isThere, environment).value }),
        };
      }
      default:
        return this.once(keyOf(term, environment), () => lowerScalar(this, term, environment));
    }
  }

  scalar(term: Term, environment: Environment): ScalarCode {
    return this.lower(term, environment) as ScalarCode;
  }

  /** Where the content of a column starts. */
  valuesAddress(column: Column): Local {
    return this.#input((input) => input.kind === "values" && input.column === column.name);
  }

  /** The value of a column at this index of its content, and whether it is there. */
  read(column: Column, index: Expression): ScalarCode {
    const value = this.keep(loadValue(column.dtype, this.valuesAddress(column), index));
    const kind = column.dtype === "bool" ? "boolean" : "number";
    if (!column.nullable) return { kind, value };
    const valid = this.#input((input) => input.kind === "valid" && input.column === column.name);
    return { kind, value, present: this.keep(load.u8(I.add(valid, index))) };
  }

  column(name: string): Column {
    return this.#columns.get(name)!;
  }

  /** The column that an element of a collection reads its field from; without field, the collection's only one. */
  fieldColumn(collection: string, field: string | undefined): Column {
    return this.once(`column ${collection} ${field}`, () => {
      const used = this.#source.inputs.flatMap((input) =>
        input.kind === "values" && innermost(input) === collection ? [this.column(input.column)] : [],
      );
      return used.find((column) => field === undefined || column.member?.field === field)!;
    });
  }

  /** The content of a collection's event: [from, to). */
  range(collection: string, event: Expression): { readonly from: Expression; readonly to: Expression } {
    const offsets = this.#input((input) => input.kind === "offsets" && innermost(input) === collection);
    const at = this.keep(I.add(offsets, I.shl(event, i32(2))));
    return { from: this.keep(load.i32(at)), to: this.keep(load.i32(at, 4)) };
  }

  offset(collection: string, event: Expression): Expression {
    const offsets = this.#input((input) => input.kind === "offsets" && innermost(input) === collection);
    return this.keep(load.i32(I.add(offsets, I.shl(event, i32(2)))));
  }
}

/** Names a term's value here: the term, and the elements that its parameters mean. */
export function keyOf(term: Term, environment: Environment): string {
  let key = `t${term.id}`;
  for (let level = 0; term.free >>> level !== 0; level++) {
    if ((term.free >>> level) & 1) key += `@${environment[level].key}`;
    if ((term.positions >>> level) & 1) key += `#${environment[level].place}`;
  }
  return key;
}

function loadValue(dtype: DType, address: Expression, index: Expression): Expression {
  switch (dtype) {
    case "float32":
      return F.fromF32(load.f32(I.add(address, I.shl(index, i32(2)))));
    case "float64":
      return load.f64(I.add(address, I.shl(index, i32(3))));
    case "int32":
      return F.fromI32(load.i32(I.add(address, I.shl(index, i32(2)))));
    case "uint32":
      return F.fromU32(load.i32(I.add(address, I.shl(index, i32(2)))));
    case "bool":
      return load.u8(I.add(address, index));
  }
}
