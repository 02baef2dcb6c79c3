import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { queryFiles } from "../../../support/query-files.ts";
import { missingData, realData } from "../../real-data.ts";
import { partsOfType, readStatistics, statisticsFile } from "../statistics.ts";

const skip = missingData(statisticsFile);
const isRNTuple = ({ kind }: { readonly kind: string }) => kind === "ROOT::RNTuple";

/** Totals need numbers, so lists are reduced to a number in each event. */
function totalsOf(name: string, isList: boolean): readonly (readonly [string, string])[] {
  const column = `col(${JSON.stringify(name)})`;
  return [
    [`sum of ${name}`, isList ? `${column}.sum()` : column],
    [`least of ${name}`, isList ? `${column}.min()` : column],
    [`largest of ${name}`, isList ? `${column}.max()` : column],
    ...(isList ? [[`count of ${name}`, `${column}.length`] as const] : []),
  ];
}

for (const [file, trees] of Object.entries(skip ? {} : readStatistics())) {
  for (const [tree, { columns }] of Object.entries(trees).filter(([, each]) => isRNTuple(each))) {
    test(`a query over every column of ${file} finds what uproot reads`, async () => {
      const totals = Object.fromEntries(Object.entries(columns).flatMap(([name, { type }]) => totalsOf(name, partsOfType(type).lists > 0)));
      const query = { dataset: "test", histograms: { all: { axes: [] } }, totals };
      const { failures, total } = await queryFiles(`${realData(`root/${file}`)}:${tree}`, query);
      assert.deepEqual(failures, []);
      for (const [name, { sum, values, min, max, type }] of Object.entries(columns)) {
        const found = total(`sum of ${name}`).sum;
        assert.ok(Math.abs(found - sum) <= 1e-12 * Math.abs(sum), `${name}: ${found} where ${sum} is right`);
        const count = partsOfType(type).lists > 0 ? total(`count of ${name}`).sum : total(`sum of ${name}`).values;
        assert.deepEqual([count, total(`least of ${name}`).least, total(`largest of ${name}`).largest], [values, min, max], name);
      }
    });
  }
}

test("records in lists, projected fields, optionals and strings of RNTuples are queried by their names", async () => {
  const uproot = fileURLToPath(new URL("../files/rntuple/uproot.root", import.meta.url));
  // The muons, by the formulas of make-rntuples.py.
  const muons = Array.from({ length: 100 }, (_, event) =>
    Array.from({ length: event % 3 }, (__, index) => ({ pt: index + 0.5, charge: -index })),
  );
  const totals = {
    pt: "muons.filter(m => m.charge == -1).sum(m => m.pt)",
    maybe: "maybe ?? 1000",
    electrons: 'word == "electron" ? 1 : 0',
    fixed: "fixed[1]",
    nested: "nested.sum(inner => inner.length)",
  };
  const { failures, total } = await queryFiles(uproot, { dataset: "test", histograms: { all: { axes: [] } }, totals });
  assert.deepEqual(failures, []);
  const sum = (of: (event: number) => number) => Array.from({ length: 100 }, (_, event) => of(event)).reduce((a, b) => a + b, 0);
  assert.deepEqual(Object.fromEntries(Object.keys(totals).map((name) => [name, total(name).sum])), {
    pt: muons
      .flat()
      .filter(({ charge }) => charge === -1)
      .reduce((total, { pt }) => total + pt, 0),
    maybe: sum((event) => (event % 3 ? event : 1000)),
    electrons: sum((event) => (event % 3 ? 1 : 0)),
    fixed: sum((event) => event + 1),
    nested: sum((event) => Array.from({ length: event % 4 }, (_, index) => index % 3).reduce((a, b) => a + b, 0)),
  });
});
