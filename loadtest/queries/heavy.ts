/** `heavy`: all pairs of muons and all pairs of jets of every event that passes the cut. */
import { type Axis, everyEvent, type Place, type Question } from "./question.ts";
import { gapAxis, massAxis, type Selection, sumAxis, unweighted } from "./references.ts";
import { oppositePairs, type Whole } from "./refine.ts";

export function heavy(place: Place, { cut, events, mass, sum, gap }: Selection, { entries }: Whole): Question {
  const axis = ({ bins, lower, upper }: Pick<Axis, "bins" | "lower" | "upper">, value: string) => ({
    type: "regular" as const,
    bins,
    lower,
    upper,
    value,
  });
  return {
    query: {
      dataset: "demo",
      filter: [everyEvent(place, 4), `MET.pt < ${cut}`],
      histograms: {
        mass: { axes: [axis(massAxis, oppositePairs)] },
        "jet pt": { axes: [axis(sumAxis, "Jet.pairs().map((a, b) => a.pt + b.pt)")] },
        "jet gap": { axes: [axis(gapAxis, "Jet.pairs().map((a, b) => abs(a.eta - b.eta))")] },
      },
    },
    expected: {
      entries,
      cutflow: unweighted(entries, entries, events),
      histograms: { mass: { values: mass }, "jet pt": { values: sum }, "jet gap": { values: gap } },
    },
  };
}

const waves = 240;

/** A query that takes seconds to compute, for watching and withdrawing. Every event fills its histogram once. */
export function slow(place: Place): Question["query"] {
  const value = Array.from({ length: waves }, (_, k) => `sin(MET.pt * ${k + 1}.25)`).join(" + ");
  return {
    dataset: "demo",
    filter: [everyEvent(place, 5)],
    histograms: { waves: { axes: [{ type: "regular", bins: 50, lower: -100, upper: 100, value }] } },
  };
}
