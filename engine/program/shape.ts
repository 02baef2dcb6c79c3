/** Programs that differ only in numbers, such as a cut or the edges of an axis, should take as long as one another. */
import { sha256 } from "../sha256.ts";
import type { Program } from "./program.ts";

/** Equal for programs that do the same to the same columns, whatever their numbers are: 16 hexadecimal digits. */
export async function programShape({ inputs: _inputs, terms, histograms, rows, ...rest }: Program): Promise<string> {
  const shape = {
    ...rest,
    terms: terms.map(([operation, literal, ...args]) => (operation === "number" ? [operation] : [operation, literal, ...args])),
    histograms: histograms.map(({ axes, ...others }) => ({ ...others, axes: axes.map(({ type, value }) => [type, value]) })),
    ...(rows && { rows: rows.columns }),
  };
  return (await sha256(JSON.stringify(shape))).slice(0, 16);
}
