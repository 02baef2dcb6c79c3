/**
 * Bins of equal width: x < lower is underflow, x ≥ upper and NaN are overflow, else the bin is
 * floor(bins · (x − lower) / (upper − lower)), each step in float64 and in this order, as ROOT does it.
 */
import { type Expression, F, f64, I, i32, V } from "../wasm/instructions.ts";
import type { AxisKind } from "./axis-kind.ts";
import { scaleOfFloat32 } from "./float32-scale.ts";

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

  // Without a scale the last one is 0, which tells its code from that of axes with one.
  numbers: (axis, { areFloat32 }) => [
    axis.lower,
    axis.upper,
    axis.upper - axis.lower,
    (areFloat32 ? scaleOfFloat32(axis) : undefined) ?? 0,
  ],
  form: ({ bins }) => bins,

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
