/** The storage that counts the elements of each cell. */
import { i64, L, load, store } from "../wasm/instructions.ts";
import type { StorageKind } from "./storage-kind.ts";

export const count: StorageKind = {
  quantities: { values: "count" },
  fills: "values",
  takesWeight: false,
  takesSample: false,
  emitAdd: ({ f }, { address, offset }) => f.store(store.i64, address, L.add(load.i64(address, offset), i64(1n)), offset),
  add: ({ values }, cell) => {
    values[cell]++;
  },
  writeUhi: ({ values }, nest) => ({ type: "int", values: nest(values) }),
};
