/** Polynomials with constant coefficients, lowest order first; derived by test/fixtures/derive-kernel-polynomials.py. */
import type { FunctionBuilder } from "../wasm/function-builder.ts";
import { type Expression, F, f64 } from "../wasm/instructions.ts";

/** Horner's rule. `x` is a local. */
export function polynomial(x: Expression, coefficients: readonly number[]): Expression {
  const [first, ...rest] = coefficients;
  if (first === undefined) throw new Error("cannot evaluate a polynomial: required at least one coefficient, current value is none");
  return rest.length === 0 ? f64(first) : F.add(F.mul(polynomial(x, rest), x), f64(first));
}

/** Even and odd terms apart, two chains that the processor runs side by side. `square` is a local that holds x * x. */
export function splitPolynomial(f: FunctionBuilder, x: Expression, square: Expression, coefficients: readonly number[]): Expression {
  const even = f.keep(
    polynomial(
      square,
      coefficients.filter((_, k) => k % 2 === 0),
    ),
  );
  const odd = polynomial(
    square,
    coefficients.filter((_, k) => k % 2 === 1),
  );
  return F.add(even, F.mul(x, odd));
}
