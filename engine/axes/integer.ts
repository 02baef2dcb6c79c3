/**
 * A bin for each whole number in [lower, upper); a value is rounded down. Below is underflow; from `upper` on, and NaN, overflow.
 */
import { F, I, i32 } from "../wasm/instructions.ts";
import { type AxisKind, tooLarge } from "./axis-kind.ts";

export interface IntegerAxis {
  readonly type: "integer";
  readonly lower: number;
  readonly upper: number;
}

export const integer: AxisKind<IntegerAxis> = {
  schema({ z, limits, ofEveryAxis }) {
    const whole = z.int({ error: ({ code }) => (code === "invalid_type" ? "must be a whole number" : tooLarge) });
    return z
      .strictObject({ type: z.literal("integer"), lower: whole, upper: whole, ...ofEveryAxis })
      .refine(({ lower, upper }) => lower < upper, { error: "lower must be less than upper", path: ["upper"] })
      .refine(({ lower, upper }) => !(upper - lower > limits.bins), { error: `there can be at most ${limits.bins} bins`, path: ["upper"] });
  },
  fields: "lower, upper",
  takes: () => "number",
  flow: { underflow: true, overflow: true },
  bins: ({ lower, upper }) => upper - lower,

  cellOf({ lower, upper }, value) {
    if (!(value < upper)) return upper - lower + 1;
    return value < lower ? 0 : 1 + Math.floor(value) - lower;
  },

  numbers: ({ lower, upper }) => [lower, upper],
  form: ({ lower, upper }) => upper - lower,

  emitCell({ f }, axis, value, { numbers: [lower, upper] }) {
    const cell = f.variable(i32(axis.upper - axis.lower + 1));
    f.if(F.lt(value, upper), () => {
      f.set(cell, i32(0));
      // For a value in range, floor(value) − lower is a whole number below the limit of bins, so it fits in an i32.
      f.if(F.ge(value, lower), () => f.set(cell, I.add(I.truncF64(F.sub(F.floor(value), lower)), i32(1))));
    });
    return cell;
  },

  writeUhi: ({ lower, upper }) => ({
    type: "regular",
    lower,
    upper,
    bins: upper - lower,
    underflow: true,
    overflow: true,
    circular: false,
    // UHI has no such type of its own; boost-histogram and hist make an Integer axis of this.
    writer_info: { "boost-histogram": { orig_type: "Integer" } },
  }),
};
