/** Values while a function is being written: where they are at run time, or how to get at them. */

import type { Term } from "../program/term.ts";
import { isOptional, type Long, longOf, type Type } from "../program/types.ts";
import type { FunctionBuilder } from "../wasm/function-builder.ts";
import { type Expression, F, f64, I, i32, i64 } from "../wasm/instructions.ts";

/** `value` and `present` are locals or constants, or made of one by an instruction: of a number an f64, of a boolean an i32, of a string its number in the run, an i32. Without `present` the value is always there; where absent, `value` is anything. */
export interface ScalarCode {
  readonly kind: "number" | "boolean" | "string";
  readonly value: Expression;
  readonly present?: Expression;
  /** Of a 64-bit integer, whose `value` is the nearest float64: the integer itself, i64. */
  readonly long?: Expression;
}

/** A 64-bit integer that is a local or constant. */
export const longCode = (long: Expression, kind: Long): ScalarCode => ({
  kind: "number",
  value: (kind === "uint64" ? F.fromU64 : F.fromI64)(long),
  long,
});

export const scalarKind = ({ kind }: Type): ScalarCode["kind"] => (kind === "boolean" || kind === "string" ? kind : "number");

/** A variable for values of this type, and how to set it: with its long where the type has one. */
export function scalarVariable(f: FunctionBuilder, type: Type): { readonly code: ScalarCode; set(code: ScalarCode): void } {
  const long = longOf(type);
  const kind = scalarKind(type);
  const value = f.variable(long ? i64(0n) : kind === "number" ? f64(0) : i32(0));
  const present = isOptional(type) ? f.variable(i32(1)) : undefined;
  return {
    code: { ...(long ? longCode(value, long) : { kind, value }), ...(present && { present }) },
    set(code) {
      f.set(value, long ? code.long! : code.value);
      if (present) f.set(present, code.present ?? i32(1));
    },
  };
}

export interface RecordCode {
  readonly kind: "record";
  get(field: string): Code;
  readonly present?: Expression;
  /** For an element of a list of the schema, its number in the list's content. */
  readonly index?: Expression;
  /** Equal for records that are the same. Writes the code that tells it. */
  identity?(): Identity;
}

/** What a record is an element of (i32, `Emitter.originOf`), and which element (i32). */
export interface Identity {
  readonly origin: Expression;
  readonly index: Expression;
}

/** Where it may be missing its members are missing with it. */
export interface TupleCode {
  readonly kind: "tuple";
  readonly members: readonly Code[];
  readonly present?: Expression;
}

/** A list is not a value at run time: it is a term and what its parameters mean. Where it is missing it has no elements. */
export interface ListCode {
  readonly kind: "list";
  readonly term: Term;
  readonly environment: Environment;
  readonly present?: Expression;
}

export type Code = ScalarCode | RecordCode | TupleCode | ListCode;

/** An element of a list, inside the loop over it. Equal keys mean the same element. */
export interface Element {
  readonly key: string;
  code(): Code;
  /** Its number in its list, i64, from 0. A selected element keeps its key but has another place: `place` names that. */
  position(): Expression;
  readonly place: string;
  /** Of a tuple of elements. */
  readonly members?: readonly Element[];
  /** Equal for the same element of the same list of the schema, whatever was made of it. */
  identity?(): Identity;
}

/** Several elements together. */
export const tuple = (members: readonly Element[], where: Pick<Element, "position" | "place">): Element => ({
  key: `(${members.map(({ key }) => key).join(",")})`,
  code: () => ({ kind: "tuple", members: members.map((each) => each.code()) }),
  members,
  ...where,
});

/** What the parameter of each level means here. */
export type Environment = readonly Element[];

export const bind = (environment: Environment, level: number, element: Element): Environment => {
  const bound = [...environment];
  bound[level] = element;
  return bound;
};

export const both = (a: Expression | undefined, b: Expression | undefined): Expression | undefined => (a && b ? I.and(a, b) : (a ?? b));

/** A condition as filters take it: true, and not missing. */
export const truth = (code: ScalarCode): Expression => (code.present ? I.and(code.value, code.present) : code.value);

/** A function over the elements of a list, and what the parameters around it mean. */
export interface FunctionOver {
  readonly lambda: Term;
  readonly environment: Environment;
  /** It is not applied to every element. */
  readonly isConditional?: boolean;
}

/** Two neighbours of a list, of which `element` has the values while what is `inLanes` is written. There may be no second one. */
export interface TwoElements {
  readonly element: Element;
  readonly places: readonly (readonly Expression[])[];
  readonly hasSecond: Expression;
  inLanes(compute: () => void): void;
}

/** What `LoopBody` does, for two elements. */
export type BodyOfTwo = (both: TwoElements) => void;
