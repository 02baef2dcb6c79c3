/** Writes functions of numbers: by instructions if WebAssembly has them, otherwise by kernels. */

import { callKernel } from "../kernels/kernel.ts";
import { kernels } from "../kernels/kernels.ts";
import { sinCos } from "../kernels/trigonometry.ts";
import type { Term } from "../program/term.ts";
import { type Expression, F, f64 } from "../wasm/instructions.ts";
import { both, type Code, type Environment } from "./code.ts";
import type { Emitter } from "./emitter.ts";
import { keyOf } from "./key-of.ts";

type Instructions = (args: readonly Expression[], emitter: Emitter) => Expression;

const direct: ReadonlyMap<string, Instructions> = new Map<string, Instructions>([
  ["abs", ([x]) => F.abs(x)],
  ["sqrt", ([x]) => F.sqrt(x)],
  ["floor", ([x]) => F.floor(x)],
  ["ceil", ([x]) => F.ceil(x)],
  ["trunc", ([x]) => F.trunc(x)],
  ["min", ([x, y]) => F.min(x, y)],
  ["max", ([x, y]) => F.max(x, y)],
  ["fround", ([x]) => F.fromF32(F.toF32(x))],
  ["isNaN", ([x]) => F.ne(x, x)],
  ["zeroOf", () => f64(0)],
  ["signedSqrt", ([x]) => F.copysign(F.sqrt(F.abs(x)), x)],
  ["wrapAngle", ([x], emitter) => wrapAngle(x, emitter)],
]);

export function lowerFunction(emitter: Emitter, term: Term, environment: Environment): Code {
  const args = term.args.map((arg) => emitter.scalar(arg, environment));
  const values = args.map(({ value }) => value);
  const present = args.reduce<Expression | undefined>((sofar, arg) => both(sofar, arg.present), undefined);
  const name = term.operation === "function" ? String(term.literal) : term.operation === "power" ? "pow" : term.operation;
  const value = emitter.keep(evaluate(emitter, name, values, term, environment));
  const kind = term.type.kind === "boolean" ? "boolean" : "number";
  return { kind, value, ...(present && { present: emitter.keep(present) }) };
}

function evaluate(emitter: Emitter, name: string, values: readonly Expression[], term: Term, environment: Environment): Expression {
  if (name === "sin" || name === "cos") {
    const [argument] = term.args;
    return emitter.once(`sincos ${keyOf(argument, environment)}`, () => {
      const { sin, cos } = sinCos(emitter.f, values[0], emitter.m);
      return { sin: emitter.keep(sin), cos: emitter.keep(cos) };
    })[name];
  }
  const instructions = direct.get(name);
  if (instructions) return instructions(values, emitter);
  return callKernel(emitter.m, emitter.f, kernels[name], values);
}

/** Brings an angle difference into (−π, π]. One step is enough for angles within one turn; larger differences are reduced first. */
function wrapAngle(x: Expression, { f, keep }: Emitter): Expression {
  const turn = f64(2 * Math.PI);
  const near = f.variable(x);
  f.if(F.gt(F.abs(x), f64(3 * Math.PI)), () => f.set(near, F.sub(x, F.mul(turn, F.nearest(F.div(x, turn))))));
  // Without branches, which processors could not predict. Subtracting 0 keeps −0.
  const turns = F.sub(F.fromI32(F.gt(near, f64(Math.PI))), F.fromI32(F.le(near, f64(-Math.PI))));
  return keep(F.sub(near, F.mul(turn, turns)));
}
