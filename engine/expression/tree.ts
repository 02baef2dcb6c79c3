/** An expression as it was written: the closed subset of JavaScript expression syntax that queries are made of. */

export const arithmeticOperators = ["+", "-", "*", "/", "%", "**", "&", "|", "^", "<<", ">>", ">>>"] as const;
export const comparisonOperators = ["<", "<=", ">", ">=", "==", "!="] as const;
export type ArithmeticOperator = (typeof arithmeticOperators)[number];
export type ComparisonOperator = (typeof comparisonOperators)[number];

export type Tree = {
  /** Offset of its first character in the text, from 0. Below, `isChained` means that `?.` was written after the object. */
  readonly start: number;
  readonly end: number;
} /** `integer` is the whole number as it was written, present if no float64 equals it; `value` is then the nearest float64. */ & (
  | { readonly kind: "number"; readonly value: number; readonly integer?: bigint }
  | { readonly kind: "boolean"; readonly value: boolean }
  | { readonly kind: "string"; readonly value: string }
  | { readonly kind: "name"; readonly name: string }
  | { readonly kind: "member"; readonly object: Tree; readonly name: string; readonly nameStart: number; readonly isChained?: true }
  | { readonly kind: "index"; readonly object: Tree; readonly index: Tree; readonly isChained?: true }
  | { readonly kind: "function-call"; readonly name: string; readonly args: readonly Tree[] }
  | {
      readonly kind: "method-call";
      readonly object: Tree;
      readonly name: string;
      readonly nameStart: number;
      readonly args: readonly Tree[];
      readonly isChained?: true;
    }
  | { readonly kind: "negate"; readonly operand: Tree }
  | { readonly kind: "plus"; readonly operand: Tree }
  | { readonly kind: "not"; readonly operand: Tree }
  | { readonly kind: "complement"; readonly operand: Tree }
  | { readonly kind: "arithmetic"; readonly operator: ArithmeticOperator; readonly left: Tree; readonly right: Tree }
  | { readonly kind: "comparison"; readonly operator: ComparisonOperator; readonly left: Tree; readonly right: Tree }
  | { readonly kind: "and"; readonly left: Tree; readonly right: Tree }
  | { readonly kind: "or"; readonly left: Tree; readonly right: Tree }
  | { readonly kind: "coalesce"; readonly left: Tree; readonly right: Tree }
  | { readonly kind: "conditional"; readonly test: Tree; readonly yes: Tree; readonly no: Tree }
  | { readonly kind: "lambda"; readonly params: readonly string[]; readonly body: Tree }
  | { readonly kind: "record"; readonly parts: readonly RecordPart[] }
);

/** A part of a record literal: `name: value`, or `...value`, which has no name. */
export interface RecordPart {
  readonly name?: string;
  readonly nameStart: number;
  readonly value: Tree;
}

/** A fault in an expression, at an offset of its text. */
export class ExpressionError extends Error {
  override readonly name = "ExpressionError";
  readonly offset: number;
  readonly near: readonly string[];

  constructor(message: string, offset: number, near: readonly string[] = []) {
    super(message);
    this.offset = offset;
    this.near = near;
  }
}

/** Line and column, both from 1, of an offset. */
export function placeOf(text: string, offset: number): { readonly line: number; readonly column: number } {
  const before = text.slice(0, offset).split("\n");
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}
