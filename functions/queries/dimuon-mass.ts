import { defineQueryFunction } from "../query-functions/query-function.ts";

export default defineQueryFunction({
  description: "Invariant mass of opposite-charge muon pairs, in bins of equal width on a logarithmic axis.",
  parameters: {
    dataset: { type: "string", default: "demo", description: "dataset with a Muon collection" },
    ptMin: { type: "number", default: 3, minimum: 0, description: "least pt of both muons, GeV" },
    lower: { type: "number", default: 0.5, minimum: 0.01, maximum: 1e5, description: "lower end of the axis, GeV" },
    upper: { type: "number", default: 200, minimum: 0.02, maximum: 1e6, description: "upper end of the axis, GeV" },
    bins: { type: "integer", default: 300, minimum: 1, maximum: 10_000, description: "number of bins" },
  },
  query: ({ dataset, ptMin, lower, upper, bins }) => ({
    dataset,
    define: { good: `Muon.filter(m => m.pt > ${ptMin})`, pairs: "good.pairs().filter((a, b) => a.charge != b.charge)" },
    histograms: {
      mass: {
        axes: [
          {
            type: "variable",
            edges: Array.from({ length: bins + 1 }, (_, index) => lower * (upper / lower) ** (index / bins)),
            label: "m(μμ) [GeV]",
            value: "pairs.map((a, b) => (a + b).mass)",
          },
        ],
      },
    },
  }),
});
