/**
 * Bins of equal width: x < lower is underflow, x ≥ upper and NaN are overflow, else the bin is
 * floor(bins · (x − lower) / (upper − lower)), each step in float64 and in this order, as ROOT does it.
 */
import { type Expression, F, f64, I, i32, V } from "../wasm/instructions.ts";
import type { AxisKind } from "./axis-kind.ts";

export interface RegularAxis {
  readonly type: "regular";
  readonly bins: number;
  readonly lower: number;
  readonly upper: number;
  /** True if the axis wraps (`circular.ts`), else absent. */
  readonly circular?: true | undefined;
}

const isRepresentable = ({ bins, lower, upper }: Pick<RegularAxis, "bins" | "lower" | "upper">): boolean =>
  !(lower < upper) || (Number.isFinite(bins * (upper - lower)) && Number.isFinite(bins / (upper - lower)));

export const regular: AxisKind<RegularAxis> = {
  schema({ z, bins, finite, ofEveryAxis }) {
    // `false` is the same as leaving it out; both must give the same program.
    const circular = z
      .boolean("must be true or false")
      .optional()
      .transform((given) => given || undefined);
    return z
      .strictObject({ type: z.literal("regular"), bins, lower: finite, upper: finite, circular, ...ofEveryAxis })
      .refine(({ lower, upper }) => lower < upper, { error: "lower must be less than upper", path: ["upper"] })
      .refine(isRepresentable, { error: "the bins are too narrow or too wide for float64", path: ["upper"] });
  },
  fields: "bins, lower, upper, circular?",
  takes: () => "number",
  flow: { underflow: true, overflow: true },
  bins: (axis) => axis.bins,

  cellOf({ bins, lower, upper }, value) {
    if (!(value < upper)) return bins + 1;
    return value < lower ? 0 : 1 + Math.floor((bins * (value - lower)) / (upper - lower));
  },

  numbers: (axis) => [axis.lower, axis.upper, axis.upper - axis.lower, scaleOfFloat32(axis) ?? 0],
  form: (axis) => [axis.bins, scaleOfFloat32(axis) !== undefined],

  emitCell({ f }, { bins }, value, { numbers: [lower, upper, width] }) {
    const cell = f.variable(i32(bins + 1));
    f.if(F.lt(value, upper), () => {
      f.set(cell, i32(0));
      f.if(F.ge(value, lower), () => {
        const scaled = F.div(F.mul(f64(bins), F.sub(value, lower)), width);
        f.set(cell, I.add(I.truncF64(scaled), i32(1)));
      });
    });
    return cell;
  },

  emitPairs(f, axis, { areFloat32, numbers }) {
    const splat = (value: Expression) => f.keep(V.splat(value));
    const [lower, below, above] = [splat(numbers[0]), splat(f64(-1)), splat(f64(axis.bins))];
    if (areFloat32 && scaleOfFloat32(axis) !== undefined) {
      const factor = splat(numbers[3]);
      return (values) => {
        const scaled = V.mul(V.sub(values, lower), factor);
        return V.floor(V.pseudoMax(below, V.pseudoMin(above, scaled)));
      };
    }
    const [count, width, upper] = [splat(f64(axis.bins)), splat(numbers[2]), splat(numbers[1])];
    return (values) => {
      const kept = f.keep(values);
      const scaled = V.floor(V.div(V.mul(count, V.sub(kept, lower)), width));
      return V.select(V.lt(kept, lower), below, V.select(V.lt(kept, upper), scaled, above));
    };
  },

  writeUhi: ({ bins, lower, upper }) => ({ type: "regular", lower, upper, bins, underflow: true, overflow: true, circular: false }),
};

/**
 * A number s such that floor((x − lower) · s) is the bin of every float32 x in [lower, upper), below 0 for smaller x and at least `bins`
 * for larger x. Undefined where no such s is certain.
 *
 * Let lower ≥ 0 and upper be float32, and u so small that lower, upper, and all x that are not in the left half of the first bin, are
 * multiples of u. Then W = upper − lower = w · u and x − lower = m · u are exact, and r = bins · m / w, the bin before rounding down,
 * is a whole number or at least 1 / w away from one. The rule divides rounded numbers, whose quotient is off by less than r · 2⁻⁵²,
 * exact where r is whole. s is too large by a factor between 1 + 2⁻⁵¹ and 1 + 2⁻⁴⁹, so the product is never below r, and above it by
 * less than r · 2⁻⁴⁸. Both round down to the same where bins · 2⁻⁴⁸ < 1 / w. In the left half of the first bin both give 0.
 */
export function scaleOfFloat32({ bins, lower, upper }: RegularAxis): number | undefined {
  if (!(lower >= 0) || Math.fround(lower) !== lower || Math.fround(upper) !== upper) return undefined;
  const smallest = lower > 0 ? lower : upper / (2 * bins);
  // Half the spacing of float32 from there on: the logarithm may be off by its last bit.
  const spacing = 2 ** (Math.floor(Math.log2(smallest)) - 24);
  const steps = (upper - lower) / spacing;
  return steps * bins < 2 ** 47 ? (bins / (upper - lower)) * (1 + 2 ** -50) : undefined;
}
