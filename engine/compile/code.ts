/** The values of terms while a function is being written: where they are at run time, or how code can get them. */

import type { Term } from "../program/term.ts";
import { isOptional, type Long, longOf, type Type } from "../program/types.ts";
import type { FunctionBuilder } from "../wasm/function-builder.ts";
import { type Expression, F, f64, I, i32, i64 } from "../wasm/instructions.ts";

/**
 * A number, boolean or string. `value` is an f64 for a number, an i32 for a boolean, and for a string an i32, its number in the run. `present` is an i32;
 * without it the value is never missing. The value of a missing one is undefined. Both are locals, constants, or one instruction on such.
 */
export interface ScalarCode {
  readonly kind: "number" | "boolean" | "string";
  readonly value: Expression;
  readonly present?: Expression;
  /** For a 64-bit integer: the integer itself as an i64; `value` is the nearest float64. */
  readonly long?: Expression;
}

/** The code of a 64-bit integer in a local or constant. */
export const longCode = (long: Expression, kind: Long): ScalarCode => ({
  kind: "number",
  value: (kind === "uint64" ? F.fromU64 : F.fromI64)(long),
  long,
});

export const scalarKind = ({ kind }: Type): ScalarCode["kind"] => (kind === "boolean" || kind === "string" ? kind : "number");

/** A variable for values of this type, and a function that sets it. For 64-bit integers it includes `long`. */
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
  /** For an element of a list of the schema: its index in the list's content. */
  readonly index?: Expression;
  /** Writes the code of the record's identity, which is equal for records that are the same. */
  identity?(): Identity;
}

/** Identifies a record: `origin` is the list that has it as an element (i32, `Emitter.originOf`), `index` the element in it (i32). */
export interface Identity {
  readonly origin: Expression;
  readonly index: Expression;
}

/** A tuple. If it is missing, so are its members. */
export interface TupleCode {
  readonly kind: "tuple";
  readonly members: readonly Code[];
  readonly present?: Expression;
}

/** A list. It is no value at run time, but a term together with the meaning of its parameters. A missing list has no elements. */
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
  /** Its position in its list, an i64 from 0. A selected element keeps its key in the new list, but not its position; `place` names the list. */
  position(): Expression;
  readonly place: string;
  /** For a tuple of elements: these elements. */
  readonly members?: readonly Element[];
  /** Writes the code of the identity, which is equal for the same element of the same list of the schema, even if operators were applied to it. */
  identity?(): Identity;
}

/** The tuple of several elements, as an element of a list. */
export const tuple = (members: readonly Element[], where: Pick<Element, "position" | "place">): Element => ({
  key: `(${members.map(({ key }) => key).join(",")})`,
  code: () => ({ kind: "tuple", members: members.map((each) => each.code()) }),
  members,
  ...where,
});

/** The elements for which the parameters stand at a place in the code, by level. */
export type Environment = readonly Element[];

export const bind = (environment: Environment, level: number, element: Element): Environment => {
  const bound = [...environment];
  bound[level] = element;
  return bound;
};

export const both = (a: Expression | undefined, b: Expression | undefined): Expression | undefined => (a && b ? I.and(a, b) : (a ?? b));

/** Whether a condition holds for filters: it is true and not missing. */
export const truth = (code: ScalarCode): Expression => (code.present ? I.and(code.value, code.present) : code.value);

/** A function over the elements of a list, and the meaning of the parameters around it. */
export interface FunctionOver {
  readonly lambda: Term;
  readonly environment: Environment;
  /** Whether the function is perhaps not applied to every element. */
  readonly isConditional?: boolean;
}

/** Two neighbours of a list. Inside `inLanes`, `element` has the values of both. The second one may not exist. */
export interface TwoElements {
  readonly element: Element;
  readonly places: readonly (readonly Expression[])[];
  readonly hasSecond: Expression;
  inLanes(compute: () => void): void;
}

/** Does for two elements what `LoopBody` does for one. */
export type BodyOfTwo = (both: TwoElements) => void;
