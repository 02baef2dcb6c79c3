/**
 * The storage of weighted means: for each cell the number of elements, Σw and Σw² of their weights w, and Σwx and Σwx² of their samples x, from
 * which mean and variance are computed.
 */
import { F, i64, L, load, store } from "../wasm/instructions.ts";
import { addPair, emitAddPair, emitProduct, product, spreadOf } from "./precise-sums.ts";
import type { StorageKind } from "./storage-kind.ts";

export const weightedMean: StorageKind = {
  quantities: {
    counts: "count",
    weights: "sum",
    squaredWeights: "sum",
    sums: "sum",
    sumRests: "rest",
    squares: "sum",
    squareRests: "rest",
  },
  fills: "counts",
  takesWeight: true,
  takesSample: true,

  emitAdd(writer, { address, offset }, { weight, sample }) {
    const { f } = writer;
    const wx = emitProduct(f, { high: weight, low: undefined }, sample!);
    f.store(store.i64, address, L.add(load.i64(address, offset), i64(1n)), offset);
    f.store(store.f64, address, F.add(load.f64(address, offset + 8), weight), offset + 8);
    f.store(store.f64, address, F.add(load.f64(address, offset + 16), F.mul(weight, weight)), offset + 16);
    emitAddPair(writer, { address, offset: offset + 24 }, wx);
    emitAddPair(writer, { address, offset: offset + 40 }, emitProduct(f, wx, sample!));
  },

  add({ counts, weights, squaredWeights, sums, sumRests, squares, squareRests }, cell, weight, sample) {
    const wx = product({ high: weight, low: 0 }, sample);
    counts[cell]++;
    weights[cell] += weight;
    squaredWeights[cell] += weight * weight;
    addPair(sums, sumRests, cell, wx);
    addPair(squares, squareRests, cell, product(wx, sample));
  },

  writeUhi({ weights, squaredWeights, ...contents }, nest) {
    const { means, deviations } = spreadOf(contents, weights);
    const variances = deviations.map((deviation, cell) => {
      const freedom = weights[cell] - squaredWeights[cell] / weights[cell];
      return freedom > 0 ? deviation / freedom : 0;
    });
    return {
      type: "weighted_mean",
      sum_of_weights: nest(weights),
      sum_of_weights_squared: nest(squaredWeights),
      values: nest(means),
      variances: nest(variances),
    };
  },
};
