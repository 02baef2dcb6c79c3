/** Makes the next question of a kind with its right answer, from references that all virtual users share. */
import { SharedArray } from "k6/data";
import exec from "k6/execution";
import { firstLook, spectrumOf } from "../queries/first-look.ts";
import { heavy } from "../queries/heavy.ts";
import type { Place, Question } from "../queries/question.ts";
import type { References, Selection, Spectrum } from "../queries/references.ts";
import { cutOf, refine, type Whole } from "../queries/refine.ts";
import { referencesPath, run } from "./settings.ts";

/** Shared arrays, since reading one element of them parses the JSON of that element only. */
const spectra = new SharedArray("spectra", () => [...load().spectra]) as unknown as readonly Spectrum[];
const selections = new SharedArray("selections", () => [...load().selections]) as unknown as readonly Selection[];
const [whole] = new SharedArray("whole", () => [load()].map(({ entries, weight }) => ({ entries, weight }))) as unknown as [Whole];

function load(): References {
  if (!referencesPath) throw new Error("Cannot run without the right answers: -e REFERENCES=FILE is required, or run by npm run loadtest");
  return JSON.parse(open(referencesPath)) as References;
}

export const entries = whole.entries;

export const placeOf = (index: number): Place => ({ run, index });

/** No two iterations of a scenario get the same place. */
export const nextPlace = (): Place => placeOf(exec.scenario.iterationInTest);

export const firstLookAt = (place: Place): Question => firstLook(place, spectra[spectrumOf(place, spectra.length)]!, whole.entries);
export const refineAt = (place: Place): Question => refine(place, selections[cutOf(place, selections.length)]!, whole);
export const heavyAt = (place: Place): Question => heavy(place, selections[cutOf(place, selections.length)]!, whole);
