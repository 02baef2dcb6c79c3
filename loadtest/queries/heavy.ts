/** All pairs of muons and all pairs of jets of every event that passes. */
import { type Asked, type Axis, everyEvent, type Place } from "./asked.ts";
import { gapAxis, massAxis, type Selection, sumAxis, unweighted } from "./references.ts";
import { oppositePairs, type Whole } from "./refine.ts";

export function heavy(place: Place, { cut, events, mass, sum, gap }: Selection, { entries }: Whole): Asked {
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
      cutflow: unweighted(entries, events),
      histograms: { mass: { values: mass }, "jet pt": { values: sum }, "jet gap": { values: gap } },
    },
  };
}

const waves = 12;
const slowHistograms = 20;

/** Seconds of computing: nobody waits for its answer. Every event fills every histogram once. */
export function slow(place: Place): Asked["query"] {
  const sum = (first: number) => Array.from({ length: waves }, (_, k) => `sin(MET.pt * ${first + k + 1}.25)`).join(" + ");
  const names = Array.from({ length: slowHistograms }, (_, index) => index);
  return {
    dataset: "demo",
    filter: [everyEvent(place, 5)],
    histograms: Object.fromEntries(
      names.map((index) => [`waves ${index}`, { axes: [{ type: "regular", bins: 50, lower: -10, upper: 10, value: sum(waves * index) }] }]),
    ),
  };
}
