/** Generates one random case: some defines, and an expression that may use them. */

import type { Seeded } from "../../seeded.ts";
import { ExpressionGenerator } from "./generate-expression.ts";
import { binary, bracketed, call, coalesce, conditional, leaf, type Piece } from "./piece.ts";
import type { Element } from "./record-kinds.ts";

export interface ExpressionCase {
  readonly kind: "number" | "boolean" | "string" | "numbers";
  readonly defines: readonly { readonly name: string; readonly piece: Piece }[];
  readonly piece: Piece;
}

/** `prefix`: of the names of its defines. */
export function generateCase(random: Seeded, { missing, prefix }: { readonly missing: boolean; readonly prefix: string }): ExpressionCase {
  const generator = new ExpressionGenerator(random, missing);
  const defines: { name: string; piece: Piece }[] = [];
  const fuel = () => 2 + random.below(12);
  for (let left = random.below(3); left > 0; left--) {
    const name = `${prefix}${defines.length}`;
    const { piece, element } = generateDefine(generator, fuel());
    defines.push({ name, piece });
    generator.names = [...generator.names, { name, element }];
  }
  if (defines.length > 0 && random.chance(0.2)) {
    const parts = Array.from({ length: 3 + random.below(3) }, () => shown(generator.number(4 + random.below(8))));
    return { kind: "number", defines, piece: parts.reduce((sum, part) => binary(sum, "+", part)) };
  }
  const kind = random.pick(["number", "number", "boolean", "string", "numbers"] as const);
  const size = fuel() + fuel();
  const piece = kind === "numbers" ? generator.lists.ofNumbers(size).piece : generator[kind](size);
  return { kind, defines, piece: random.chance(0.1) && kind !== "numbers" ? { ...leaf(`(${piece.text})`), js: `(${piece.js})` } : piece };
}

/** Makes a piece usable as a part of a sum: a missing one, or NaN, must not hide the others that use the same defines. */
const shown = (part: Piece): Piece => bracketed(coalesce(conditional(call("isNaN", part), leaf("0.5"), part), leaf("0.25")));

function generateDefine(generator: ExpressionGenerator, fuel: number): { readonly piece: Piece; readonly element: Element } {
  const kind = generator.random.pick(["number", "boolean", "string", "record", "list", "list"] as const);
  if (kind === "number" || kind === "boolean" || kind === "string") return { piece: generator[kind](fuel), element: { kind } };
  if (kind === "record") {
    const { piece, kind: record } = generator.record(fuel);
    return { piece, element: { kind, record } };
  }
  const { piece, element } = generator.lists.any(fuel);
  return { piece, element: { kind, element } };
}
