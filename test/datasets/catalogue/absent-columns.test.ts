/** Columns that some files of a dataset lack, against the same events in one file with nulls, and against plain JavaScript. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { openApp } from "../../support/open-app.ts";
import { type FilesResult, queryFiles } from "../../support/query-files.ts";
import { type Kind, type WrittenColumn, writeParquet } from "../../support/write-parquet.ts";
import { makeDirectory, sequence } from "../read-for-test.ts";

interface Muon {
  readonly pt: number;
  readonly charge: number | null;
  readonly id: string | null;
}

interface Event {
  readonly met: number;
  readonly flag: boolean | null;
  readonly run: string | null;
  readonly Muon: readonly Muon[];
}

/** The second half lacks what may be null: as a file without these columns has it. */
function makeEvents(count: number): readonly Event[] {
  const below = sequence(5);
  return Array.from({ length: count }, (_, index) => {
    const has = <Value>(value: Value) => (index < count / 2 ? value : null);
    return {
      met: below(200),
      flag: has(below(3) > 0),
      run: has(`run ${below(4)}`),
      Muon: Array.from({ length: below(4) }, () => ({
        pt: below(100),
        charge: has(below(2) * 2 - 1),
        id: has(["loose", "tight"][below(2)]!),
      })),
    };
  });
}

type Columns = Record<string, WrittenColumn>;

function columnsOf(events: readonly Event[]): Columns {
  const cells = (kind: Kind, of: (event: Event) => unknown) => ({ kind, cells: events.map(of) });
  const list = (kind: Kind, of: (muon: Muon) => unknown) => cells({ list: kind }, ({ Muon }) => Muon.map(of));
  return {
    met: cells("FLOAT", ({ met }) => met),
    flag: cells("BOOLEAN", ({ flag }) => flag),
    run: cells("TEXT", ({ run }) => run),
    Muon_pt: list("FLOAT", ({ pt }) => pt),
    Muon_charge: list("INT32", ({ charge }) => charge),
    Muon_id: list("TEXT", ({ id }) => id),
  };
}

/** The events in one file, and in two of which the second lacks these columns. */
const without = (events: readonly Event[], lacking: readonly string[]) => {
  const columns = columnsOf(events);
  for (const name of lacking) delete columns[name];
  return columns;
};

async function writeBoth(t: TestContext, events: readonly Event[], lacking: readonly string[]) {
  const directory = await makeDirectory(t);
  const middle = events.length / 2;
  await writeParquet(join(directory, "whole.parquet"), columnsOf(events), 50);
  await writeParquet(join(directory, "part-1.parquet"), columnsOf(events.slice(0, middle)), 50);
  await writeParquet(join(directory, "part-2.parquet"), without(events.slice(middle), lacking), 70);
  return { whole: join(directory, "whole.parquet"), parts: join(directory, "part-*.parquet") };
}

const axis = (value: string) => ({ axes: [{ type: "integer", lower: -5, upper: 250, value }] });

const query = {
  filter: "flag ?? met < 100",
  histograms: {
    met: axis("met"),
    charge: axis("Muon.charge"),
    sum: axis("Muon.sum(m => m.charge)"),
    tight: axis('Muon.filter(m => m.id == "tight").pt'),
    other: axis('Muon.filter(m => (m.charge ?? 1) > 0 && (m.id ?? "tight") == "tight").pt'),
    run: { axes: [{ type: "category", categories: ["run 1", "run 2"], value: "run" }] },
    pairs: axis("Muon.pairs().filter((a, b) => a.charge != b.charge).map((a, b) => a.pt + b.pt)"),
    count: axis("Muon.length"),
  },
  totals: { charges: "Muon.count(m => m.charge > 0)" },
};

test("a column that a file lacks is missing there: the same answers as from one file with nulls", async (t) => {
  const events = makeEvents(400);
  const { whole, parts } = await writeBoth(t, events, ["flag", "run", "Muon_charge", "Muon_id"]);
  const [expected, found] = [await queryFiles(whole, query), await queryFiles(parts, query)];
  assert.deepEqual([expected.failures, found.failures], [[], []]);
  const answerOf = ({ entries, filters, totals, histograms }: FilesResult) => ({ entries, filters, totals, histograms });
  assert.deepEqual(answerOf(found), answerOf(expected));
  const [one, two] = [expected.dataset, found.dataset];
  assert.equal(one.notices, undefined);
  assert.deepEqual(two.notices, [
    "columns flag, run, Muon_charge and 1 more are not in 1 of 2 files (part-2.parquet): missing values there",
  ]);
  const selected = events.filter(({ flag, met }) => flag ?? met < 100);
  const count = (values: readonly (number | null)[], bin: number) => values.filter((value) => value === bin).length;
  const { values } = found.histogram("charge").contents;
  for (const charge of [-1, 1])
    assert.equal(
      values[charge + 6],
      count(
        selected.flatMap(({ Muon }) => Muon.map((muon) => muon.charge)),
        charge,
      ),
    );
});

test("where a file lacks a whole collection, what reads it fails there by name, and the rest counts", async (t) => {
  const events = makeEvents(100);
  const { parts } = await writeBoth(t, events, ["Muon_pt", "Muon_charge", "Muon_id"]);
  const { dataset, failures, histogram } = await queryFiles(parts, { histograms: { count: axis("Muon.length") } });
  assert.deepEqual(dataset.notices, ["collection Muon is not in 1 of 2 files (part-2.parquet): what reads it fails there"]);
  assert.deepEqual(failures, ["Cannot read column Muon_pt of part-2.parquet: the file has nothing of Muon"]);
  assert.equal(
    histogram("count").contents.values.reduce((sum, value) => sum + value, 0),
    50,
  );
  const rest = await queryFiles(parts, { histograms: { met: axis("met") } });
  assert.deepEqual([rest.failures, rest.histogram("met").contents.values.reduce((sum, value) => sum + value, 0)], [[], 100]);
});

test("a file that joins a dataset and lacks columns, or has them wider, changes no key: what was computed before is not computed again", async (t) => {
  const events = makeEvents(300);
  const [first, second, third] = [0, 1, 2].map((part) => events.slice(100 * part, 100 * (part + 1)));
  const directory = await makeDirectory(t);
  await writeParquet(join(directory, "part-1.parquet"), without(first!, ["flag"]), 50);
  const pattern = join(directory, "part-*.parquet");
  const app = await openApp(t, { extraData: [`growing=${pattern}`] });
  const asked = { dataset: "growing", ...query, filter: "met < 150" };
  assert.deepEqual((await app.ask(asked)).partitions.done, 2);
  await writeParquet(join(directory, "part-2.parquet"), without(second!, ["Muon_charge", "run"]), 50);
  const { computed } = app;
  const before = computed.length;
  assert.deepEqual((await app.ask(asked)).failures, []);
  assert.equal(computed.length, before + 2);
  const wider = { ...columnsOf(third!), met: { kind: "DOUBLE", cells: third!.map(({ met }) => met) } } as const;
  await writeParquet(join(directory, "part-3.parquet"), wider, 50);
  const grown = await app.ask(asked);
  assert.equal(computed.length, before + 4);
  assert.equal(new Set(computed.map(({ programKey }) => programKey)).size, 1);
  const atOnce = await queryFiles(pattern, { ...query, filter: "met < 150" });
  assert.deepEqual(atOnce.failures, []);
  for (const name of ["met", "charge", "tight", "pairs"]) {
    assert.deepEqual(grown.histograms[name]!.storage.values, [...atOnce.histogram(name).contents.values], name);
  }
});

test("datasets of which each has another column wider share a program, whichever was asked for last", async (t) => {
  const events = makeEvents(200);
  const directory = await makeDirectory(t);
  const columns = (met: Kind, charge: "INT32" | "DOUBLE"): Columns => ({
    ...columnsOf(events),
    met: { kind: met, cells: events.map((event) => event.met) },
    Muon_charge: { kind: { list: charge }, cells: events.map(({ Muon }) => Muon.map((muon) => muon.charge)) },
  });
  await writeParquet(join(directory, "one.parquet"), columns("FLOAT", "DOUBLE"), 5);
  await writeParquet(join(directory, "two.parquet"), columns("DOUBLE", "INT32"), 5);
  const data = ["one", "two"].map((name) => `${name}=${join(directory, `${name}.parquet`)}`);
  const app = await openApp(t, { extraData: data });
  const histograms = { met: axis("met"), charge: axis("Muon.charge") };
  const asked = (dataset: string) => ({ dataset, histograms, priority: dataset === "two" ? 100 : 500 });
  // Both are planned before anything is computed, and most of the first is computed after the second.
  app.gate.close();
  for (const name of ["one", "two"]) await app.post(asked(name));
  app.gate.open();
  for (const name of ["one", "two"]) {
    const { failures, histograms: found } = await app.ask(asked(name));
    const alone = await queryFiles(join(directory, `${name}.parquet`), { histograms });
    assert.deepEqual(failures, []);
    for (const each of ["met", "charge"]) assert.deepEqual(found[each]!.storage.values, [...alone.histogram(each).contents.values], each);
  }
  assert.equal(new Set(app.computed.map(({ programKey }) => programKey)).size, 1);
});
