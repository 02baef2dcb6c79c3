import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { demoPattern, writeDemoFile } from "../../../datasets/demo/write-demo-file.ts";
import { badInputs, findFaultOfRefusal } from "../../../loadtest/queries/bad-input.ts";
import { type Answer, findFault } from "../../../loadtest/queries/find-fault.ts";
import { firstLook, spectrumOf } from "../../../loadtest/queries/first-look.ts";
import { heavy, slow } from "../../../loadtest/queries/heavy.ts";
import { makeReferences } from "../../../loadtest/queries/make-references.ts";
import type { Place, Question } from "../../../loadtest/queries/question.ts";
import type { References } from "../../../loadtest/queries/references.ts";
import { cutOf, refine } from "../../../loadtest/queries/refine.ts";
import type { Cleanup } from "../../support/cleanup.ts";
import { openApp } from "../../support/open-app.ts";

const places: readonly Place[] = Array.from({ length: 12 }, (_, index) => ({ run: 4711, index }));

/** Opens one file of the demo dataset, and the references for that file. */
async function openDemo(cleanup: Cleanup) {
  const directory = await mkdtemp(join(tmpdir(), "femtoq-loadtest-"));
  cleanup.after(() => rm(directory, { recursive: true, force: true }));
  await writeDemoFile(directory, 0);
  return openApp(cleanup, { extraData: [`demo=${demoPattern(directory)}`] });
}

test("every generated query is answered by the engine as its reference says", async (t) => {
  const references: References = makeReferences(1);
  const app = await openDemo(t);
  const { spectra, selections } = references;
  const selection = (place: Place) => selections[cutOf(place, selections.length)]!;
  const generators: readonly ((place: Place) => Question)[] = [
    (place) => firstLook(place, spectra[spectrumOf(place, spectra.length)]!, references.entries),
    (place) => refine(place, selection(place), references),
    (place) => heavy(place, selection(place), references),
  ];
  for (const generate of generators) {
    for (const place of places) {
      const { query, expected } = generate(place);
      const status = (await app.ask(query)) as unknown as Answer;
      assert.equal(findFault(status, expected), undefined, JSON.stringify(query));
    }
  }
});

test("generated queries reach every column, counted and weighted masses, and no two are equal", () => {
  const references = makeReferences(1);
  const { spectra, selections } = references;
  const many = Array.from({ length: 400 }, (_, index): Place => ({ run: 9, index }));
  const looks = many.map((place) => firstLook(place, spectra[spectrumOf(place, spectra.length)]!, references.entries).query);
  const refined = many.map((place) => refine(place, selections[cutOf(place, selections.length)]!, references).query);
  const columns = new Set(looks.map(({ histograms }) => histograms.spectrum!.axes[0]!.value));
  assert.equal(columns.size, spectra.length);
  assert.ok(refined.some(({ weight }) => weight === "genWeight") && refined.some(({ weight }) => weight === undefined));
  assert.equal(new Set([...looks, ...refined].map((query) => JSON.stringify(query))).size, 2 * many.length);
  const ofOtherRun = firstLook({ run: 10, index: 0 }, spectra[0]!, references.entries).query;
  assert.ok(!looks.some(({ filter }) => filter[0] === ofOtherRun.filter[0]));
});

test("slow fills each histogram once for every event", async (t) => {
  const app = await openDemo(t);
  const status = await app.ask({ ...slow({ run: 1, index: 1 }) });
  assert.equal(status.state, "done");
  for (const { storage } of Object.values(status.histograms)) {
    const values = storage.values as readonly number[];
    assert.equal(
      values.reduce((sum, value) => sum + value, 0),
      status.events.total,
    );
  }
});

test("every bad input is refused as its expectation says", async (t) => {
  const app = await openDemo(t);
  for (const bad of badInputs) {
    const answer = await app.post(bad.body);
    assert.equal(answer.status, 400, bad.what);
    assert.equal(findFaultOfRefusal(await answer.json(), bad), undefined, bad.what);
  }
});
