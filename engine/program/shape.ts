/** The shape of a program: all but its numbers, such as cuts or the edges of axes. Programs of one shape should take equally long. */
import { sha256 } from "../sha256.ts";
import type { Program } from "./program.ts";

/** 16 hexadecimal digits, which are equal for programs that do the same to the same columns, apart from their numbers. */
export async function programShape(program: Program): Promise<string> {
  return (await sha256(writeShape(program))).slice(0, 16);
}

/** The same as a longer text, at once. */
export function writeShape({ inputs: _inputs, terms, histograms, rows, ...rest }: Program): string {
  const shape = {
    ...rest,
    terms: terms.map((term) => (term[0] === "number" ? ["number"] : term)),
    histograms: histograms.map(({ axes, ...others }) => ({ ...others, axes: axes.map(({ type, value }) => [type, value]) })),
    ...(rows && { rows: rows.columns }),
  };
  return JSON.stringify(shape);
}
