/** `refine`: the dimuon mass again, with another cut and another range, half of the time weighted. */
import { draw, everyEvent, type Place, type Question } from "./question.ts";
import { massAxis, rebin, type Selection, unweighted } from "./references.ts";

export const oppositePairs = "Muon.pairs().filter((a, b) => a.charge != b.charge).map((a, b) => (a + b).mass)";

export const cutOf = ({ run, index }: Place, cuts: number): number => draw(cuts, run, index, 0);

export interface Whole {
  readonly entries: number;
  readonly weight: number;
}

export function refine(place: Place, selection: Selection, whole: Whole): Question {
  return draw(2, place.run, place.index, 1) === 0 ? counted(place, selection, whole) : weighted(place, selection, whole);
}

function counted(place: Place, { cut, events, mass }: Selection, { entries }: Whole): Question {
  const bins = 20 + draw(45, place.run, place.index, 2);
  const each = 1 + draw(2, place.run, place.index, 3);
  const first = draw(massAxis.bins - bins * each + 1, place.run, place.index, 4);
  const lower = massAxis.lower + first * massAxis.width;
  // All edges are exact, since widths are powers of two.
  const upper = lower + bins * each * massAxis.width;
  return {
    query: {
      dataset: "demo",
      define: { mass: oppositePairs },
      filter: [everyEvent(place, 2), `MET.pt < ${cut}`],
      histograms: { mass: { axes: [{ type: "regular", bins, lower, upper, label: "m [GeV]", value: "mass" }] } },
    },
    expected: { entries, cutflow: unweighted(entries, entries, events), histograms: { mass: { values: rebin(mass, first, bins, each) } } },
  };
}

function weighted(place: Place, selection: Selection, { entries, weight }: Whole): Question {
  const { bins, lower, upper } = massAxis;
  return {
    query: {
      dataset: "demo",
      define: { mass: oppositePairs },
      filter: [everyEvent(place, 3), `MET.pt < ${selection.cut}`],
      weight: "genWeight",
      histograms: { mass: { axes: [{ type: "regular", bins, lower, upper, label: "m [GeV]", value: "mass" }] } },
    },
    expected: {
      entries,
      cutflow: [
        { events: entries, weight },
        { events: entries, weight },
        { events: selection.events, weight: selection.weight },
      ],
      histograms: { mass: { values: selection.massWeights, variances: selection.massVariances } },
    },
  };
}
