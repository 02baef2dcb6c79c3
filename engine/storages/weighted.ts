/** The storage of weighted counts: for each cell Σw and Σw² of its elements. Each weight w is finite; w² may be infinite. */
import { F, load, store } from "../wasm/instructions.ts";
import type { StorageKind } from "./storage-kind.ts";

export const weighted: StorageKind = {
  quantities: { values: "sum", variances: "sum" },
  takesWeight: true,
  takesSample: false,
  emitAdd({ f }, { address, offset }, { weight }) {
    f.store(store.f64, address, F.add(load.f64(address, offset), weight), offset);
    f.store(store.f64, address, F.add(load.f64(address, offset + 8), F.mul(weight, weight)), offset + 8);
  },
  add({ values, variances }, cell, weight) {
    values[cell] += weight;
    variances[cell] += weight * weight;
  },
  writeUhi: ({ values, variances }, nest) => ({ type: "weighted", values: nest(values), variances: nest(variances) }),
};
