/** Two bins, false and true, and nothing outside of them. */
import { i32, select } from "../wasm/instructions.ts";
import type { AxisKind } from "./axis-kind.ts";

export interface BooleanAxis {
  readonly type: "boolean";
}

export const boolean: AxisKind<BooleanAxis> = {
  schema: ({ z, ofEveryAxis }) => z.strictObject({ type: z.literal("boolean"), ...ofEveryAxis }),
  fields: "no more than its value",
  takes: () => "boolean",
  flow: { underflow: false, overflow: false },
  bins: () => 2,
  cellOf: (_, value) => (value ? 1 : 0),
  form: () => null,
  emitCell: ({ f }, _, value) => f.keep(select(value, i32(1), i32(0))),
  writeUhi: () => ({ type: "boolean" }),
};
