/** Two events with muons, jets and numbers, the second with none, and what lists of the first hold. */
import { makeDataset } from "../support/engine/in-memory-dataset.ts";
import { prepareReaders, type ReadValue, readValues } from "../support/engine/read-values.ts";
import { runPrepared } from "../support/engine/run-query.ts";

const muon = (pt: number, jet: number) => ({ pt, eta: pt / 10, phi: 0, jet });
export const muonLists = makeDataset([
  { entry: 0, Muon: [muon(5, 1), muon(20, -1), muon(10, 0), muon(40, 7)], Jet: [{ pt: 30 }, { pt: 50 }], numbers: [4, 8, 15, 16, 23, 42] },
  { entry: 1, Muon: [], Jet: [], numbers: [] },
]);

/** The values of a list for event 0; `length` is their number. */
export function listOf(text: string, length: number, define: Readonly<Record<string, string>> = {}): ReadValue {
  const reader = { kind: "numbers", text } as const;
  const prepared = prepareReaders([reader], muonLists, { defines: define });
  return readValues(runPrepared(prepared, muonLists), prepared, reader, { index: 0, lengths: [length, 0] })[0];
}
