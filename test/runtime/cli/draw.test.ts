import assert from "node:assert/strict";
import { test } from "node:test";
import pc from "picocolors";
import { readHistogram } from "../../../functions/render/read-histogram.js";
import { pointInto } from "../../../runtime/cli/describe-problem.ts";
import { drawBars, fitColumns } from "../../../runtime/cli/draw/draw-bars.ts";
import { drawCells } from "../../../runtime/cli/draw/draw-cells.ts";
import { drawStatus } from "../../../runtime/cli/draw/draw-status.ts";
import { drawTable } from "../../../runtime/cli/draw/draw-table.ts";
import { counts, profile, regularAxis, sampleStatus, twoAxes } from "../../support/engine/sample-histograms.ts";

const plain = { width: 80, colours: pc.createColors(false) };
const blocks = " ▁▂▃▄▅▆▇█";

/** Height of the column at a place, in eighths, from the drawing. */
function heightAt(lines: readonly string[], place: number): number {
  const drawn = lines.filter((line) => line.includes("│")).map((line) => line.slice(line.indexOf("│") + 1));
  return drawn.reduce((sum, line) => sum + Math.max(0, blocks.indexOf(line[place] ?? " ")), 0);
}

test("drawBars gives columns whose heights are in the ratio of the contents", () => {
  const lines = drawBars(readHistogram(counts(regularAxis(4, 0, 8), [0, 10, 20, 40, 5, 0])), plain);
  const width = Math.floor(68 / 4);
  const heights = [0, 1, 2, 3].map((bin) => heightAt(lines, bin * width));
  assert.deepEqual(heights, [28, 56, 112, 14]);
});

test("drawBars shows a bin that is not empty, however low, and leaves an empty one blank", () => {
  const lines = drawBars(readHistogram(counts(regularAxis(3, 0, 3), [0, 40, 1, 0, 0])), plain);
  const width = Math.floor(68 / 3);
  assert.equal(heightAt(lines, 2 * width), 0);
  assert.ok(heightAt(lines, width) >= 1);
});

test("drawBars writes the first and last edge and the label below, the highest content beside", () => {
  const text = drawBars(readHistogram(counts(regularAxis(4, -8, 8, "pt [GeV]"), [0, 10, 20, 40, 5, 0])), plain).join("\n");
  assert.match(text, /\n {12}−8 .* 8\n {12}pt \[GeV\]$/);
  assert.match(text, /^ +40 │/);
});

test("fitColumns sums whole groups of bins where they do not fit, and loses none", () => {
  const { heights, merged, repeat } = fitColumns(
    Float64Array.from({ length: 301 }, () => 1),
    60,
  );
  assert.deepEqual({ merged, repeat, columns: heights.length }, { merged: 6, repeat: 1, columns: 51 });
  assert.equal(
    heights.reduce((sum, height) => sum + height),
    301,
  );
});

for (const width of [40, 57, 80, 160]) {
  test(`a status is drawn within ${width} columns`, () => {
    const histograms = {
      many: counts(
        regularAxis(1000, 0, 2000, "pt [GeV]"),
        Array.from({ length: 1002 }, (_, bin) => (bin * 37) % 101),
      ),
      cells: twoAxes,
    };
    const lines = drawStatus(sampleStatus({ histograms }), { ...plain, width }).split("\n");
    const drawn = lines.filter((line) => /[│└]/.test(line));
    assert.ok(drawn.length > 15);
    for (const line of drawn) assert.ok([...line].length <= width, `${[...line].length} columns: ${line}`);
  });
}

test("drawCells has the second axis upwards and darker cells for more", () => {
  const lines = drawCells(readHistogram(twoAxes), plain).filter((line) => line.includes("│"));
  const rows = lines.map((line) => line.slice(line.indexOf("│") + 1));
  assert.equal(rows.length, 3);
  const shade = (symbol: string) => "░▒▓█".indexOf(symbol);
  assert.equal(rows[0].at(-1), "█", "6, the most, is right and up");
  assert.ok(shade(rows[2][0]) < shade(rows[0][0]), "1 is paler than 3");
  assert.ok(shade(rows[2][0]) < shade(rows[2].at(-1)!), "1 is paler than 4");
});

test("drawTable aligns its columns", () => {
  const lines = drawTable(
    [{ head: "name" }, { head: "n", align: "right" }],
    [
      ["µ", "1"],
      ["electron", "1000"],
    ],
  );
  assert.deepEqual(lines, ["name         n", "µ            1", "electron  1000"]);
});

test("pointInto puts the caret under the column, also where the line is cut to the width", () => {
  assert.deepEqual(pointInto("a\nb + c", { line: 2, column: 3, width: 20 }), ["b + c", "  ^"]);
  const long = `${"x".repeat(100)}!${"y".repeat(100)}`;
  const [source, caret] = pointInto(long, { line: 1, column: 101, width: 40 });
  assert.equal(source[caret.indexOf("^")], "!");
  assert.ok(source.length <= 40);
});

test("drawStatus says that partitions count once more for each variation", () => {
  const partitions = /of \d+ partitions( \(variations counted\))?,/;
  assert.equal(partitions.exec(drawStatus(sampleStatus({}), plain))![1], undefined);
  const { events, cutflow, totals, histograms } = sampleStatus({});
  const variations = { up: { events, cutflow, totals, histograms } };
  assert.equal(partitions.exec(drawStatus(sampleStatus({ variations }), plain))![1], " (variations counted)");
});

test("drawStatus writes totals with all their digits", () => {
  const text = drawStatus(sampleStatus({ totals: { sumw: { value: 0.1 + 0.2, nonFinite: 2 } } }), plain);
  assert.match(text, /total of all events +sum +not finite\n.*\n?.*sumw +0\.30000000000000004 +2/);
});

test("drawStatus draws means as points with their errors, names categories, and writes a histogram without axes as a number", () => {
  const histograms = {
    profile,
    flags: counts({ type: "boolean" }, [1, 2]),
    sum: { uhi_schema: 1, axes: [], storage: { type: "int", values: 16 } } as const,
  };
  const text = drawStatus(sampleStatus({ histograms }), plain);
  assert.equal(text.match(/●/g)?.length, 3);
  assert.match(text, /pt \[GeV\] · mean/);
  assert.match(text, /false +true/);
  assert.match(text, /16 ± 4/);
});
