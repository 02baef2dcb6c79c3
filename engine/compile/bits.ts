/** Operators on bits. As in JavaScript, they convert numbers to 32-bit integers. */
import type { Term } from "../program/term.ts";
import { type Expression, F, f64, I, i32, L } from "../wasm/instructions.ts";
import { both, type Environment, type ScalarCode } from "./code.ts";
import type { Emitter, Lowering, ValueOperator } from "./emitter.ts";

const cost = 12;
const wrap = f64(2 ** 32);

/** Truncates a number to an integer modulo 2^32; 0 if it is not finite. Every step is exact. */
function toInt32(emitter: Emitter, { value, long }: ScalarCode): Expression {
  if (long) return emitter.keep(I.wrapI64(long));
  const whole = emitter.keep(F.trunc(value));
  // Reduced modulo 2^32 first, since the conversion saturates beyond 2^63 instead of wrapping.
  const low = F.sub(whole, F.mul(F.trunc(F.div(whole, wrap)), wrap));
  return emitter.keep(I.wrapI64(L.truncF64(low)));
}

const bitwise = (
  make: (a: Expression, b: Expression) => Expression,
  read: (bits: Expression) => Expression = F.fromI32,
): ValueOperator => ({
  kind: "value",
  cost,
  lower: lowerWith((emitter, [a, b]) => read(make(toInt32(emitter, a), toInt32(emitter, b)))),
});

function lowerWith(make: (emitter: Emitter, args: readonly ScalarCode[]) => Expression): Lowering {
  return (emitter: Emitter, term: Term, environment: Environment) => {
    const args = term.args.map((arg) => emitter.scalar(arg, environment));
    const present = args.reduce<Expression | undefined>((sofar, arg) => both(sofar, arg.present), undefined);
    return { kind: "number", value: emitter.keep(make(emitter, args)), ...(present && { present: emitter.keep(present) }) };
  };
}

/** The operators. Shifts take their distance modulo 32, as the instructions do. */
export const bits = {
  complement: { kind: "value", cost, lower: lowerWith((emitter, [x]) => F.fromI32(I.xor(toInt32(emitter, x), i32(-1)))) },
  "bit-and": bitwise(I.and),
  "bit-or": bitwise(I.or),
  "bit-xor": bitwise(I.xor),
  "shift-left": bitwise(I.shl),
  "shift-right": bitwise(I.shrS),
  "shift-right-unsigned": bitwise(I.shrU, F.fromU32),
} satisfies Readonly<Record<string, ValueOperator>>;
