import { defineQueryFunction } from "../query-functions/query-function.ts";

export default defineQueryFunction({
  description: "Spectrum of one quantity of a dataset: a column such as MET.pt, or a field of a collection such as Jet.pt.",
  parameters: {
    dataset: { type: "string", default: "demo", description: "name of the dataset" },
    value: { type: "string", default: "MET.pt", pattern: "[A-Za-z_][\\w.]*", description: "name of the quantity" },
    lower: { type: "number", default: 0, description: "lower end of the axis" },
    upper: { type: "number", default: 200, description: "upper end of the axis" },
    bins: { type: "integer", default: 100, minimum: 1, maximum: 100_000, description: "number of bins" },
  },
  query: ({ dataset, value, lower, upper, bins }) => ({
    dataset,
    histograms: { spectrum: { axes: [{ type: "regular", bins, lower, upper, label: value, value }] } },
  }),
});
