/** The storage of means: for each cell the number of elements and the sums Σx and Σx² of their samples x, from which mean and variance are computed. */
import { f64, i64, L, load, store } from "../wasm/instructions.ts";
import { addPair, emitAddPair, emitProduct, product, spreadOf } from "./precise-sums.ts";
import type { StorageKind } from "./storage-kind.ts";

export const mean: StorageKind = {
  quantities: { counts: "count", sums: "sum", sumRests: "rest", squares: "sum", squareRests: "rest" },
  fills: "counts",
  takesWeight: true,
  whenWeighted: "weighted_mean",
  takesSample: true,

  emitAdd(writer, { address, offset }, { sample }) {
    const { f } = writer;
    const x = { high: sample!, low: f64(0) };
    f.store(store.i64, address, L.add(load.i64(address, offset), i64(1n)), offset);
    emitAddPair(writer, { address, offset: offset + 8 }, x);
    emitAddPair(writer, { address, offset: offset + 24 }, emitProduct(f, x, sample!));
  },

  add({ counts, sums, sumRests, squares, squareRests }, cell, _, sample) {
    const x = { high: sample, low: 0 };
    counts[cell]++;
    addPair(sums, sumRests, cell, x);
    addPair(squares, squareRests, cell, product(x, sample));
  },

  writeUhi({ counts, ...contents }, nest) {
    const { means, deviations } = spreadOf(contents, counts);
    const variances = deviations.map((deviation, cell) => (counts[cell] > 1 ? deviation / (counts[cell] - 1) : 0));
    return { type: "mean", counts: nest(counts), values: nest(means), variances: nest(variances) };
  },
};
