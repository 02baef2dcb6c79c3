/** The same kinds of query on generated events, always; the answers were computed by numpy (make-generated-answers.py). */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { openApp } from "../support/open-app.ts";

type Answers = Readonly<Record<"met" | "central" | "two" | "window" | "mass" | "weighted", readonly number[]>>;

const answers = JSON.parse(await readFile(new URL("./generated-answers.json", import.meta.url), "utf8")) as Answers;
const axis = (bins: number, lower: number, upper: number, value: string) => ({ type: "regular", bins, lower, upper, value });

test("histograms of generated events equal numpy's, and weighted ones to rounding", async (t) => {
  const app = await openApp(t);
  const status = await app.ask({
    dataset: "events",
    define: { opposite: "Muon.pairs().filter((a, b) => a.charge != b.charge)", masses: "opposite.map((a, b) => (a + b).mass)" },
    histograms: {
      met: { axes: [axis(50, 0, 200, "MET.pt")] },
      central: { axes: [axis(40, 0, 60, "Muon.filter(m => abs(m.eta) < 1).pt")] },
      two: { axes: [axis(50, 0, 200, "MET.pt")], filter: "Muon.filter(m => m.pt > 30).length >= 2" },
      window: { axes: [axis(50, 0, 200, "MET.pt")], filter: "opposite.some((a, b) => (a + b).mass > 20 && (a + b).mass < 60)" },
      mass: { axes: [axis(60, 0, 180, "masses")] },
      weighted: { axes: [axis(60, 0, 180, "masses")], weight: "genWeight" },
    },
  });
  for (const name of ["met", "central", "two", "window", "mass"] as const)
    assert.deepEqual(status.histograms[name].storage.values, answers[name], name);
  const sums = status.histograms.weighted.storage.values as readonly number[];
  sums.forEach((sum, bin) => {
    assert.ok(Math.abs(sum - answers.weighted[bin]) < 1e-9, `bin ${bin}: ${sum} and ${answers.weighted[bin]}`);
  });
});
