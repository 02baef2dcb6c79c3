/** Mistakes that people make in a query outside of its expressions, with their messages: each tells the place, what was found, and what would be right. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { muonSchema } from "../../support/engine/muon-schema.ts";
import { describeIssue, findIssues, histogramOf } from "../../support/find-issues.ts";

const plain = { h: histogramOf("MET.pt") };

const queries: readonly (readonly [query: object, ...told: readonly string[]])[] = [
  [
    { histograms: { h: histogramOf("gud.length") }, define: { good: "Muon.filter(m => m.pt > 20)" } },
    "/histograms/h/axes/0/value 1:1 there is no column, define or parameter 'gud' (near good)",
  ],
  [
    {
      histograms: {
        h: {
          axes: [
            { type: "regular", bins: 10, lower: 0, upper: 1, value: "Muon.pt" },
            { type: "regular", bins: 10, lower: 0, upper: 1, value: "Jet.pt" },
          ],
        },
      },
    },
    "/histograms/h/axes/1/value 1:1 this list is not derived from the same list as the other axis: fill lists together only when they come from one list by map or a field; for all combinations use cross",
  ],
  [
    { histograms: { h: histogramOf("Muon.pt", { weight: "Jet.btag" }) } },
    "/histograms/h/weight 1:1 this list is not derived from the same list as the other axis: fill lists together only when they come from one list by map or a field; for all combinations use cross",
  ],
  [
    { histograms: { h: histogramOf("Muon.filter(m => m.pt > 20).pt", { weight: "Muon.eta" }) } },
    "/histograms/h/weight 1:1 this list is not derived from the same list as the other axis: fill lists together only when they come from one list by map or a field; for all combinations use cross",
  ],
  [
    { histograms: { h: histogramOf("Muon.pt") }, weight: "Muon.pt" },
    "/weight 1:1 the query's weight must be a number, but this is a list of numbers: take one element ([0]), reduce it (sum, min, max, length, some, every), or use map for each",
  ],
  [{ histograms: { h: histogramOf("a") }, define: { a: "b + 1", b: "a + 1" } }, "/define/b 1:1 the defines go in a circle: a → b → a"],
  [
    { histograms: { h: histogramOf("fresh") }, define: { fresh: "fresh + 1" } },
    "/define/fresh 1:1 the define 'fresh' uses itself, and there is no column 'fresh' that it could mean",
  ],
  [
    { histograms: { h: histogramOf("genWeight") }, define: { good: "Muon.filter(m => m.ptt > 20)" } },
    "/define/good 1:20 a Muon record has no field 'ptt' (near pt, eta, phi)",
  ],
  [
    { histograms: { h: histogramOf("genWeight") }, define: { "my cut": "1" } },
    "/define/my cut the name must be an identifier: letters, digits and _, not starting with a digit",
  ],
  [
    { histograms: { h: { axes: [{ type: "regluar", bins: 10, lower: 0, upper: 1, value: "MET.pt" }] } } },
    "/histograms/h/axes/0/type an axis needs a type: regular (bins, lower, upper, circular?) or variable (edges) or integer (lower, upper) or category (categories) or boolean (no more than its value) or auto (bins)",
  ],
  [
    { histograms: { h: { axes: [{ type: "regular", lower: 0, upper: 1, value: "MET.pt" }] } } },
    "/histograms/h/axes/0/bins must be a whole number",
  ],
  [
    { histograms: { h: { axes: [{ type: "regular", bins: 10, lower: 5, upper: 1, value: "MET.pt" }] } } },
    "/histograms/h/axes/0/upper lower must be less than upper",
  ],
  [
    { histograms: { h: { axes: [{ type: "regular", bins: 1.5, lower: 0, upper: 1, value: "MET.pt" }] } } },
    "/histograms/h/axes/0/bins must be a whole number",
  ],
  [
    { histograms: { h: { axes: [{ type: "variable", edges: [0, 2, 1], value: "MET.pt" }] } } },
    "/histograms/h/axes/0/edges edges must increase",
  ],
  [
    { histograms: { h: { axes: [{ type: "regular", nbins: 10, lower: 0, upper: 1, value: "MET.pt" }] } } },
    "/histograms/h/axes/0/bins must be a whole number",
    "/histograms/h/axes/0/nbins 'nbins' is not known here (near bins)",
  ],
  [
    { histograms: { h: { axes: [{ type: "regular", bins: 10, lower: 0, upper: 1 }] } } },
    "/histograms/h/axes/0/value an expression is missing here",
  ],
  [
    { histograms: { h: histogramOf("MET.pt", { storage: "doubel" }) } },
    "/histograms/h/storage must be count or weighted or mean or weighted_mean",
  ],
  [
    { histograms: { h: histogramOf("MET.pt", { storage: "count", weight: "genWeight" }) } },
    "/histograms/h/storage storage count takes no weight: use weighted, or leave the weights out",
  ],
  [
    { histograms: { h: { axis: [] } } },
    "/histograms/h/axes must be a list of axes",
    "/histograms/h/axis 'axis' is not known here (near axes)",
  ],
  [{ histograms: { h: 3 } }, "/histograms/h must be an object with axes"],
  [
    { histograms: { h: { axes: [{ type: "variable", edges: 3, value: "MET.pt" }], label: 3 } } },
    "/histograms/h/axes/0/edges must be a list of numbers",
    "/histograms/h/label must be a string",
  ],
  [
    { histograms: plain, define: [], name: "n".repeat(201) },
    "/define must be an object: name → expression",
    "/name can have at most 200 characters",
  ],
  [{ histograms: {} }, "/histograms a query needs at least one histogram, or totals, or rows"],
  [{ filter: "HLT_IsoMu24" }, "/histograms a query needs at least one histogram, or totals, or rows"],
  [{ histograms: plain, filters: ["HLT_IsoMu24"] }, "/filters 'filters' is not known here (near filter)"],
  [{ histograms: plain, priority: 1000 }, "/priority must be a whole number from 0 (first) to 999 (last)"],
  [
    { histograms: { h: { axes: [{ type: "boolean", value: "MET.pt" }] } } },
    "/histograms/h/axes/0/value 1:1 this is a number: an axis of type boolean is filled with booleans",
  ],
  [
    { histograms: { h: { axes: [{ type: "category", categories: [1, 1], value: "Muon.charge" }] } } },
    "/histograms/h/axes/0/categories/1 1 stands in the list twice",
  ],
  [
    { histograms: { h: { axes: [{ type: "category", categories: [], value: "Muon.charge" }] } } },
    "/histograms/h/axes/0/categories needs at least one category",
  ],
  [
    { histograms: { h: { axes: [{ type: "category", categories: [1, 2 ** 53], value: "Muon.charge" }] } } },
    "/histograms/h/axes/0/categories/1 must be less than 2^53 in size: from there on float64, with which axes are filled, cannot tell whole numbers from their neighbours",
  ],
  [
    { histograms: { h: { axes: [{ type: "integer", lower: -(2 ** 53), upper: 3 - 2 ** 53, value: "Muon.length" }] } } },
    "/histograms/h/axes/0/lower must be less than 2^53 in size: from there on float64, with which axes are filled, cannot tell whole numbers from their neighbours",
  ],
  [
    { histograms: { h: { axes: [{ type: "integer", lower: 0.5, upper: 3, value: "Muon.length" }] } } },
    "/histograms/h/axes/0/lower must be a whole number",
  ],
  [
    {
      histograms: {
        h: {
          axes: [
            { type: "boolean", value: "HLT_IsoMu24" },
            { type: "boolean", value: "HLT_IsoMu24" },
            { type: "boolean", value: "HLT_IsoMu24" },
            { type: "boolean", value: "HLT_IsoMu24" },
            { type: "boolean", value: "HLT_IsoMu24" },
            { type: "boolean", value: "HLT_IsoMu24" },
            { type: "boolean", value: "HLT_IsoMu24" },
          ],
        },
      },
    },
    "/histograms/h/axes a histogram can have at most 6 axes",
  ],
  [
    {
      histograms: {
        h: histogramOf("MET.pt"),
        k: {
          axes: [
            { type: "regular", bins: 1000, lower: 0, upper: 1, value: "MET.pt" },
            { type: "regular", bins: 1000, lower: 0, upper: 1, value: "MET.pt" },
          ],
        },
      },
    },
    "/histograms the histograms have 1004106 bins together, flow bins included; at most 100000 are possible",
  ],
  [
    { histograms: plain, totals: { s: "Muon.pt" } },
    "/totals/s 1:1 a total must be a number, but this is a list of numbers: take one element ([0]), reduce it (sum, min, max, length, some, every), or use map for each",
  ],
  [
    { histograms: plain, variations: { up: { define: { Jett: "Jet" } } } },
    "/variations/up/define/Jett there is no 'Jett' to vary: a variation changes defines of the query, and columns or collections of the dataset (near Jet, Jet_pt, MET)",
  ],
  [
    { histograms: plain, variations: { up: { weight: "Muon.pt" } } },
    "/variations/up/weight 1:1 a variation's weight must be a number, but this is a list of numbers: take one element ([0]), reduce it (sum, min, max, length, some, every), or use map for each",
  ],
];

const told = (query: object) => findIssues(query, muonSchema).map(describeIssue);

for (const [query, ...messages] of queries) {
  test(`the query ${JSON.stringify(query)} is refused`, () => assert.deepEqual(told(query), messages));
}
