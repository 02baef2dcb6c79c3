/** `first-look`: the spectrum of one column in an arbitrary range. */
import { draw, everyEvent, type Place, type Question } from "./question.ts";
import { rebin, type Spectrum, unweighted } from "./references.ts";

/** How many fine bins make one bin of the query. */
const coarseness = [1, 2, 4] as const;

export const spectrumOf = ({ run, index }: Place, spectra: number): number => draw(spectra, run, index, 0);

export function firstLook(place: Place, { value, lower, width, counts }: Spectrum, entries: number): Question {
  const { run, index } = place;
  const each = coarseness[draw(coarseness.length, run, index, 1)]!;
  const bins = 40 + draw(81, run, index, 2);
  const first = draw(counts.length - 2 - bins * each, run, index, 3);
  const from = lower + first * width;
  return {
    query: {
      dataset: "demo",
      filter: [everyEvent(place, 1)],
      histograms: { spectrum: { axes: [{ type: "regular", bins, lower: from, upper: from + bins * each * width, label: value, value }] } },
    },
    expected: { entries, cutflow: unweighted(entries, entries), histograms: { spectrum: { values: rebin(counts, first, bins, each) } } },
  };
}
