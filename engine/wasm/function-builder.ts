/**
 * Writes one WebAssembly function, statement by statement. The central method is `keep`: it evaluates a tree immediately and returns the local with its
 * value. So a value that is used twice is computed once, and values are evaluated in the order of calls.
 */
import { Bytes } from "./bytes.ts";
import type { ConstantPool } from "./constant-pool.ts";
import { type Expression, type FunctionReference, I, type Local, type ValueType } from "./instructions.ts";
import { Lanes } from "./lanes.ts";

export const typeCodes: Readonly<Record<ValueType, number>> = { i32: 0x7f, i64: 0x7e, f32: 0x7d, f64: 0x7c, v128: 0x7b };
const constCodes: Readonly<Record<Exclude<ValueType, "v128">, number>> = { i32: 0x41, i64: 0x42, f32: 0x43, f64: 0x44 };

/** A place to branch to: the end of a block, or the head of a loop. */
export interface Label {
  readonly depth: number;
}

/** Engines refuse functions with many locals (V8: over 50,000), or take seconds to compile them. */
const mostLocals = 20_000;

/** A function has grown beyond what engines accept. */
export class CodeTooLarge extends Error {
  override readonly name = "CodeTooLarge";
}

export class FunctionBuilder {
  readonly reference: FunctionReference;
  /** The parameters, as locals. */
  readonly params: readonly Local[];
  readonly #locals: ValueType[] = [];
  readonly #code = new Bytes();
  #depth = 0;
  #loops = 0;
  readonly #lanes = new Lanes({
    variable: (value) => this.#variable(value),
    set: (local, value) => this.#set(local, value),
    if: (test, then, otherwise) => this.#if(test, then, otherwise),
  });
  /** The writer for two lanes; set only inside `inLanes`. */
  #writer: Lanes | undefined;
  readonly #constants: ConstantPool;
  /** The locals that hold float64 constants used in loops, by the index of the global. They are set at the function's entry. */
  readonly #hoisted = new Map<number, Local>();

  readonly #mostBytes: number;

  constructor(reference: FunctionReference, constants: ConstantPool, mostBytes: number) {
    this.#mostBytes = mostBytes;
    this.reference = reference;
    this.#constants = constants;
    this.params = reference.params.map((type, index) => ({ kind: "local", type, index }));
  }

  get bytes(): number {
    return this.#code.length;
  }

  /** Adds a local. Throws `CodeTooLarge`. */
  local(type: ValueType): Local {
    if (this.#locals.length >= mostLocals) throw new CodeTooLarge(`the function has more than ${mostLocals} locals`);
    if (this.#code.length > this.#mostBytes) throw new CodeTooLarge(`the function has more than ${this.#mostBytes} bytes`);
    this.#locals.push(type);
    return { kind: "local", type, index: this.params.length + this.#locals.length - 1 };
  }

  /** Writes code for two lanes: whatever `body` computes from values with two lanes has two lanes, too. `body` must not write loops or stores. */
  inLanes(body: () => void): void {
    const before = this.#writer;
    this.#writer = this.#lanes;
    body();
    this.#writer = before;
  }

  /** Evaluates `value` here and returns the local with the result; constants and locals are returned as they are. */
  keep(value: Expression): Expression {
    if (this.#writer) return this.#writer.keep(value);
    if (value.kind === "const" || value.kind === "local") return value;
    return this.variable(value);
  }

  /** A new local that starts with `value` and may be `set` later. */
  variable(value: Expression): Local {
    return this.#writer ? this.#writer.variable(value) : this.#variable(value);
  }

  #variable(value: Expression): Local {
    const local = this.local(value.type);
    this.#set(local, value);
    return local;
  }

  set(local: Local, value: Expression): void {
    if (this.#writer) this.#writer.set(local, value);
    else this.#set(local, value);
  }

  #set(local: Local, value: Expression): void {
    this.#push(value);
    this.#code.byte(0x21);
    this.#code.unsigned(local.index);
  }

  /** Stores with an opcode of the table `store`; the address must be a multiple of the value's size. */
  store(code: number, address: Expression, value: Expression, offset = 0): void {
    this.#push(address);
    this.#push(value);
    this.#opcode(code);
    this.#code.unsigned(code === 0x3a || code > 0xff ? 0 : code === 0x36 ? 2 : 3);
    this.#code.unsigned(offset);
  }

  if(test: Expression, then: () => void, otherwise?: () => void): void {
    if (this.#writer) this.#writer.if(test, then, otherwise);
    else this.#if(test, then, otherwise);
  }

  #if(test: Expression, then: () => void, otherwise?: () => void): void {
    this.#push(test);
    this.#code.byte(0x04);
    this.#code.byte(0x40);
    this.#depth++;
    then();
    if (otherwise) {
      this.#code.byte(0x05);
      otherwise();
    }
    this.#depth--;
    this.#code.byte(0x0b);
  }

  /** Sets a constant of the module's pool, by its global. */
  setGlobal(index: number, value: Expression): void {
    this.#push(value);
    this.#code.byte(0x24);
    this.#code.unsigned(index);
  }

  /** Writes a block; branching to its label leaves it. */
  block(body: (end: Label) => void): void {
    this.#nest(0x02, body);
  }

  /** Writes a loop; branching to its label starts the body again, and reaching the end of the body leaves the loop. */
  loop(body: (again: Label) => void): void {
    this.#loops++;
    this.#nest(0x03, body);
    this.#loops--;
  }

  #nest(code: number, body: (label: Label) => void): void {
    this.#code.byte(code);
    this.#code.byte(0x40);
    this.#depth++;
    body({ depth: this.#depth });
    this.#depth--;
    this.#code.byte(0x0b);
  }

  branch(label: Label): void {
    this.#code.byte(0x0c);
    this.#code.unsigned(this.#depth - label.depth);
  }

  branchIf(label: Label, test: Expression): void {
    this.#push(test);
    this.#code.byte(0x0d);
    this.#code.unsigned(this.#depth - label.depth);
  }

  /** Runs `body` for `counter` from `from` up to, not including, `to` (i32, evaluated once). Inside `body`, branching to `next` continues and to `end` leaves. */
  count(from: Expression, to: Expression, body: (counter: Local, next: Label, end: Label) => void): void {
    const counter = this.variable(from);
    const limit = this.keep(to);
    this.block((end) => {
      this.branchIf(end, I.ge(counter, limit));
      this.loop((again) => {
        this.block((next) => body(counter, next, end));
        this.set(counter, I.add(counter, { kind: "const", type: "i32", value: 1 }));
        this.branchIf(again, I.lt(counter, limit));
      });
    });
  }

  trap(): void {
    this.#code.byte(0x00);
  }

  return(value: Expression): void {
    this.#push(value);
    this.#code.byte(0x0f);
  }

  /** Writes a float64 constant. Others than 0 are read from the pool, and in loops from a local that holds the constant. */
  #pushFloat64(constant: Extract<Expression, { kind: "const" }>): void {
    if (constant.value === 0 && constant.slot === undefined) {
      this.#code.byte(constCodes.f64);
      this.#code.float64(constant.value);
      return;
    }
    const global = this.#constants.indexOf(constant, false);
    if (this.#loops === 0) {
      this.#pushGlobal(global);
      return;
    }
    const local = this.#hoisted.get(global) ?? this.local("f64");
    this.#hoisted.set(global, local);
    this.#push(local);
  }

  #pushGlobal(index: number): void {
    this.#code.byte(0x23);
    this.#code.unsigned(index);
  }

  #push(value: Expression): void {
    const code = this.#code;
    switch (value.kind) {
      case "const":
        if (value.type === "f64") {
          this.#pushFloat64(value);
          return;
        }
        code.byte(constCodes[value.type]);
        code.signed(value.value);
        return;
      case "local":
        code.byte(0x20);
        code.unsigned(value.index);
        return;
      case "operation":
        if (value.type === "v128" && value.args.length === 1 && value.args[0].kind === "const") {
          // Not kept in a local, since many such locals would be saved and loaded again around every loop.
          this.#pushGlobal(this.#constants.indexOf(value.args[0], true));
          return;
        }
        for (const arg of value.args) this.#push(arg);
        this.#opcode(value.code);
        if (value.lane !== undefined) code.byte(value.lane);
        for (const lane of value.lanes ?? []) code.byte(lane);
        return;
      case "load":
        this.#push(value.address);
        this.#opcode(value.code);
        code.unsigned(
          value.code === 0x2d || value.code === 0x2f || value.type === "v128" ? 0 : value.type === "i32" || value.type === "f32" ? 2 : 3,
        );
        code.unsigned(value.offset);
        return;
      case "select":
        for (const arg of value.args) this.#push(arg);
        code.byte(0x1b);
        return;
      case "call":
        for (const arg of value.args) this.#push(arg);
        code.byte(0x10);
        code.unsigned(value.callee.index);
        return;
      default:
        value satisfies never;
    }
  }

  /** Writes an opcode: one byte, or a prefix byte and a number. */
  #opcode(opcode: number): void {
    if (opcode > 0xff) {
      this.#code.byte(opcode >> 8);
      this.#code.unsigned(opcode & 0xff);
    } else this.#code.byte(opcode);
  }

  /** The function's entry in the code section: locals in runs of one type, constants that are kept in locals, code, and the end. */
  encode(): Bytes {
    const runs: { type: ValueType; count: number }[] = [];
    for (const type of this.#locals) {
      const last = runs.at(-1);
      if (last?.type === type) last.count++;
      else runs.push({ type, count: 1 });
    }
    const body = new Bytes();
    body.unsigned(runs.length);
    for (const { type, count } of runs) {
      body.unsigned(count);
      body.byte(typeCodes[type]);
    }
    for (const [global, local] of this.#hoisted) {
      body.byte(0x23);
      body.unsigned(global);
      body.byte(0x21);
      body.unsigned(local.index);
    }
    body.append(this.#code.written());
    body.byte(0x0b);
    return body;
  }
}
