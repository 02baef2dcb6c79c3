/** Writes the rows of events that pass all filters: for each column, the values of a block's events lie side by side. */
import type { RowTerms } from "../../program/program.ts";
import { longOf } from "../../program/types.ts";
import { F, f64, I, i32, i64, load, select, store } from "../../wasm/instructions.ts";
import type { Emitter } from "../emitter.ts";
import type { RowsLayout } from "../work-area.ts";

/** Adds the event's row, if the run still needs rows. */
export function emitRow(emitter: Emitter, { columns }: RowTerms, layout: RowsLayout): void {
  const { f, keep } = emitter;
  const work = emitter.param("work");
  const count = keep(load.i32(work, layout.wanted + 4));
  emitter.if(I.lt(count, load.i32(work, layout.wanted)), () => {
    const values = keep(I.add(work, I.shl(count, i32(3))));
    const presence = keep(I.add(work, count));
    for (const [index, column] of columns.entries()) {
      const { kind, value, long, present = i32(1) } = emitter.scalar(column, []);
      const number = kind === "number" ? value : F.fromI32(value);
      if (longOf(column.type)) f.store(store.i64, values, select(present, long!, i64(0n)), layout.columns[index].values);
      else f.store(store.f64, values, select(present, number, f64(0)), layout.columns[index].values);
      f.store(store.i8, presence, present, layout.columns[index].present);
    }
    f.store(store.i32, work, I.add(count, i32(1)), layout.wanted + 4);
  });
}
