/** Sums over columns of ROOT files, as the compiled engine makes them, are those of uproot. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { roundTotal } from "../../../engine/histogram/total.ts";
import { queryFiles } from "../../support/query-files.ts";
import { missingData, realData } from "../real-data.ts";
import { partsOfType, readStatistics, statisticsFile } from "./statistics.ts";

const skip = missingData(statisticsFile);
/** From a file with more columns than this, some are enough; `read.test.ts` reads the others in the same way. */
const mostColumns = 100;
const step = 16;

/** The sum of all values of a column in an event. */
function sumOf(name: string, type: string): string {
  const { lists, value } = partsOfType(type);
  const number = (expression: string) => (value === "bool" ? `(${expression} ? 1 : 0)` : expression);
  const column = `col(${JSON.stringify(name)})`;
  if (lists === 0) return number(column);
  return lists === 1 ? `${column}.sum(x => ${number("x")})` : `${column}.sum(list => list.sum(x => ${number("x")}))`;
}

for (const [file, trees] of Object.entries(skip ? {} : readStatistics())) {
  for (const [tree, { kind, columns }] of Object.entries(trees)) {
    if (!kind.startsWith("T")) continue;
    test(`totals over ${file}:${tree} are the sums that uproot finds`, async () => {
      const all = Object.entries(columns);
      const some = all.length > mostColumns ? all.filter((_, index) => index % step === 0) : all;
      const totals = Object.fromEntries(some.map(([name, { type }]) => [name, sumOf(name, type)]));
      const query = { dataset: "test", totals, histograms: { events: { axes: [] } } };
      const result = await queryFiles(`${realData(`root/${file}`)}:${tree}`, query);
      assert.deepEqual(result.failures, []);
      // A program has its totals in an order of its own.
      const sums = result.totals!.map(({ sum }) => roundTotal(sum)).sort((a, b) => a - b);
      const expected = some.map(([, { sum }]) => sum).sort((a, b) => a - b);
      assert.equal(sums.length, expected.length);
      for (const [index, sum] of sums.entries()) {
        const right = expected[index]!;
        assert.ok(Math.abs(sum - right) <= 1e-12 * Math.abs(right), `${sum} where ${right} is right`);
      }
    });
  }
}
