import { defineQueryFunction } from "../query-functions/query-function.ts";

export default defineQueryFunction({
  description:
    "Z → μμ candidates: missing energy and the pair's mass for events with an opposite-charge muon pair near the Z, with cut flow.",
  parameters: {
    dataset: { type: "string", default: "demo", description: "dataset with a Muon collection and MET" },
    ptMin: { type: "number", default: 20, minimum: 0, description: "least pt of both muons, GeV" },
    window: { type: "number", default: 15, minimum: 0.1, maximum: 90, description: "largest distance of the mass from 91.19 GeV" },
    bins: { type: "integer", default: 120, minimum: 1, maximum: 10_000, description: "number of bins" },
  },
  query: ({ dataset, ptMin, window, bins }) => ({
    dataset,
    define: {
      good: `Muon.filter(m => m.pt > ${ptMin} && abs(m.eta) < 2.4)`,
      masses: "good.pairs().filter((a, b) => a.charge != b.charge).map((a, b) => (a + b).mass)",
    },
    filter: ["good.length >= 2", `masses.some(m => abs(m - 91.19) < ${window})`],
    histograms: {
      mass: { axes: [{ type: "regular", bins, lower: 91.19 - window, upper: 91.19 + window, label: "m(μμ) [GeV]", value: "masses" }] },
      met: { axes: [{ type: "regular", bins, lower: 0, upper: 150, label: "missing transverse energy [GeV]", value: "MET.pt" }] },
    },
  }),
});
