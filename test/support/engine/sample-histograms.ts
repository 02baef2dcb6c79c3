/** Small histograms with contents that are easy to check by hand. */
import type { UhiAxis, UhiHistogram } from "../../../engine/histogram/uhi.ts";
import type { Status } from "../../../functions/api.ts";

const flow = { underflow: true, overflow: true, circular: false };

export const regularAxis = (bins: number, lower: number, upper: number, label?: string): UhiAxis => ({
  type: "regular",
  bins,
  lower,
  upper,
  ...flow,
  ...(label === undefined ? {} : { metadata: { label } }),
});

export const variableAxis = (edges: readonly number[], label?: string): UhiAxis => ({
  type: "variable",
  edges,
  ...flow,
  ...(label === undefined ? {} : { metadata: { label } }),
});

/** Flow bins included in `values`. */
export const counts = (axis: UhiAxis, values: readonly number[]): UhiHistogram => ({
  uhi_schema: 1,
  metadata: { entries: values.reduce((sum, value) => sum + value, 0) },
  axes: [axis],
  storage: { type: "int", values },
});

export const weighted = (axis: UhiAxis, values: readonly number[], variances: readonly number[]): UhiHistogram => ({
  uhi_schema: 1,
  axes: [axis],
  storage: { type: "weighted", values, variances },
});

/** Means of 1, −2, none and 3 samples' worth; 9 in the flow bins. */
export const profile: UhiHistogram = {
  uhi_schema: 1,
  metadata: { entries: 9 },
  axes: [regularAxis(4, 0, 8, "pt [GeV]")],
  storage: { type: "mean", counts: [1, 4, 1, 0, 2, 1], values: [9, 1, -2, 0, 3, 9], variances: [9, 4, 0, 0, 2, 9] },
};

/** 2 × 3 bins in range holding 1 to 6, second axis fastest; 10 in every flow bin. */
export const twoAxes: UhiHistogram = {
  uhi_schema: 1,
  axes: [regularAxis(2, 0, 20, "x [GeV]"), variableAxis([1, 2, 4, 8], "y")],
  storage: {
    type: "int",
    values: [
      [10, 10, 10, 10, 10],
      [10, 1, 2, 3, 10],
      [10, 4, 5, 6, 10],
      [10, 10, 10, 10, 10],
    ],
  },
};

export const sampleStatus = (change: Partial<Status> = {}): Status => ({
  id: "abc",
  state: "done",
  dataset: "demo",
  priority: 500,
  partitions: { total: 2, waiting: 0, loading: 0, running: 0, done: 2, failed: 0 },
  events: { total: 200, done: 200 },
  cutflow: [],
  totals: {},
  variations: {},
  histograms: { pt: counts(regularAxis(4, 0, 8, "pt [GeV]"), [1, 2, 4, 8, 0, 5]) },
  failures: [],
  timing: { submitted: "2026-01-01T00:00:00.000Z", seconds: 0.25 },
  lastUpdate: "2026-01-01T00:00:01.000Z",
  ...change,
});
