/** Checks ROOT's JSON by its form, and with JSROOT if there is one. */
import assert from "node:assert/strict";
import process from "node:process";
import { test } from "node:test";
import { type AxisShape, fillHistogram, type UhiHistogram, writeUhi } from "../../../engine/histograms.ts";
import { renderRoot } from "../../../functions/render/root-json.ts";
import { counts, profile, regularAxis, twoAxes, variableAxis, weighted } from "../../support/engine/sample-histograms.ts";
import { openApp } from "../../support/open-app.ts";

type Written = Readonly<Record<string, unknown>> & { readonly fArray: readonly number[] };
const written = (histogram: UhiHistogram): Written => JSON.parse(renderRoot("h", histogram)) as Written;

test("renderRoot writes counts and weights of one axis with underflow and overflow, and the statistics of the bin centres", () => {
  const one = written(counts(regularAxis(4, 0, 8, "pt [GeV]"), [1, 2, 4, 8, 0, 5]));
  assert.deepEqual([one._typename, one.fName, one.fNcells, one.fEntries], ["TH1D", "h", 6, 20]);
  assert.deepEqual([one.fArray, one.fSumw2], [[1, 2, 4, 8, 0, 5], []]);
  assert.deepEqual([one.fTsumw, one.fTsumwx, one.fTsumwx2], [14, 2 * 1 + 4 * 3 + 8 * 5, 2 * 1 + 4 * 9 + 8 * 25]);
  const { fXaxis } = one as unknown as { readonly fXaxis: Readonly<Record<string, unknown>> };
  assert.deepEqual([fXaxis.fNbins, fXaxis.fXmin, fXaxis.fXmax, fXaxis.fXbins, fXaxis.fTitle], [4, 0, 8, [], "pt [GeV]"]);
  const other = written(weighted(variableAxis([0, 1, 10]), [1, 2, 3, 4], [5, 6, 7, 8]));
  assert.deepEqual(
    [other.fArray, other.fSumw2, (other.fXaxis as typeof fXaxis).fXbins],
    [
      [1, 2, 3, 4],
      [5, 6, 7, 8],
      [0, 1, 10],
    ],
  );
});

test("renderRoot has the first axis fastest, and nothing where an axis has no flow", () => {
  const two = written(twoAxes);
  assert.deepEqual([two._typename, two.fNcells], ["TH2D", 4 * 5]);
  assert.deepEqual(two.fArray.slice(4, 8), [10, 1, 4, 10]);
  const flags = written(counts({ type: "boolean" }, [3, 4]));
  assert.deepEqual(flags.fArray, [0, 3, 4, 0]);
  const { fLabels } = flags.fXaxis as {
    readonly fLabels: { readonly arr: readonly { readonly fString: string; readonly fUniqueID: number }[] };
  };
  assert.deepEqual(
    fLabels.arr.map(({ fString, fUniqueID }) => [fString, fUniqueID]),
    [
      ["false", 1],
      ["true", 2],
    ],
  );
  assert.deepEqual(written({ uhi_schema: 1, axes: [], storage: { type: "int", values: 7 } }).fArray, [0, 7, 0]);
});

test("renderRoot writes means as profiles: Σwy, Σwy², Σw", () => {
  const { _typename, fArray, fSumw2, fBinEntries } = written(profile);
  assert.deepEqual([_typename, fBinEntries], ["TProfile", [1, 4, 1, 0, 2, 1]]);
  assert.deepEqual(
    [fArray, fSumw2],
    [
      [9, 4, -2, 0, 6, 9],
      [81, 3 * 4 + 4, 4, 0, 2 + 18, 81],
    ],
  );
});

test("a query's answer is ROOT's JSON where that is asked for, up to three axes", async (t) => {
  const app = await openApp(t);
  const axis = { type: "integer", lower: 0, upper: 2, value: "Muon.length" };
  const histograms = { three: { axes: [axis, axis, axis] }, four: { axes: [axis, axis, axis, axis] } };
  const { id } = await app.ask({ dataset: "events", histograms });
  const three = await app.request(`/queries/${id}?format=root&histogram=three`);
  assert.equal(three.headers.get("content-type"), "application/vnd.root+json");
  assert.equal(((await three.json()) as Written)._typename, "TH3D");
  const four = await app.request(`/queries/${id}?format=root&histogram=four`);
  assert.equal(four.status, 422);
  assert.match(await four.text(), /at most 3 axes, and four has 4: ask for uhi or csv/);
});

interface JsRoot {
  parse(text: string): {
    readonly _typename: string;
    getBinContent?(...bins: readonly number[]): number;
    getBinError?(bin: number): number;
  };
  makeSVG(options: { readonly object: object; readonly width: number; readonly height: number }): Promise<string>;
}
const jsroot = (await import(process.env.FEMTOQ_JSROOT ?? "jsroot").catch(() => undefined)) as JsRoot | undefined;
const skip = !jsroot && "JSROOT ABSENT: set FEMTOQ_JSROOT to the path of its main module";

test("JSROOT reads and draws every histogram that ROOT has", { skip }, async () => {
  const shapes: readonly AxisShape[] = [
    { type: "regular", bins: 4, lower: 0, upper: 8 },
    { type: "category", categories: [1, 2, 3] },
    { type: "variable", edges: [0, 1, 5] },
  ];
  const x = [1, 1, 2, 3, 7.5];
  for (const axes of [[], shapes.slice(0, 1), shapes.slice(1, 2), shapes.slice(0, 2), shapes]) {
    for (const [weights, samples] of [[x], [undefined, x], [x, x], ...(axes.length > 0 ? [[]] : [])]) {
      const histogram = writeUhi(
        fillHistogram(
          axes,
          axes.map(() => x),
          weights,
          samples,
        ),
        axes,
        { axes: axes.map(() => "x") },
      );
      const read = jsroot!.parse(renderRoot("h", histogram));
      assert.match(await jsroot!.makeSVG({ object: read, width: 300, height: 200 }), /<path/);
      if (axes.length !== 1 || axes[0].type !== "regular") continue;
      assert.equal(read.getBinContent!(1), (histogram.storage as { readonly values: readonly number[] }).values[1]);
    }
  }
});
