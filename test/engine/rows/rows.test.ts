/** Compares rows with plain JavaScript over the same events: values, missing ones, the limit, blocks, and a partial's bytes. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Merger } from "../../../engine/histogram/merge.ts";
import { decodePartial, encodePartial, type PartialResult } from "../../../engine/histogram/partial.ts";
import { makeProgram } from "../../../engine/query/make-program.ts";
import { readQuery } from "../../../engine/query/query.ts";
import { RowsTooLarge } from "../../../engine/rows/collect-rows.ts";
import type { RowColumn } from "../../../engine/rows/rows.ts";
import { makeDataset } from "../../support/engine/in-memory-dataset.ts";
import { type PreparedQuery, prepareQuery, runPrepared } from "../../support/engine/run-query.ts";
import { seeded } from "../../support/seeded.ts";

const random = seeded(3);
const names = ["a", "mu", "ü", ""];
const events = Array.from({ length: 9_000 }, (_, index) => ({
  x: random.chance(0.1) ? Number.NaN : random.fraction() * 100,
  y: random.chance(0.2) ? null : random.below(50),
  flag: random.chance(0.5),
  kind: random.chance(0.2) ? null : names[random.below(4)]!,
  Muon: Array.from({ length: random.below(4) }, (_, place) => ({ pt: index + place / 4 })),
}));
const dataset = makeDataset(events);

const columns = {
  x: "x",
  lead: "Muon[0].pt",
  sum: "y * 2",
  flag: "flag",
  kind: "kind",
  mu: 'kind == "mu" ? "muon" : "other"',
  n: "Muon.length",
};
type Row = Readonly<Record<keyof typeof columns, number | boolean | string | null>>;
const rowOf = ({ x, y, flag, kind, Muon }: (typeof events)[number]): Row => ({
  x,
  lead: Muon[0]?.pt ?? null,
  sum: y === null ? null : y * 2,
  flag,
  kind,
  mu: kind === "mu" ? "muon" : "other",
  n: Muon.length,
});

const valueAt = ({ kind, values, present, strings }: RowColumn, row: number): number | bigint | boolean | string | null => {
  if (present?.[row] === 0) return null;
  const value = values[row]!;
  return kind === "boolean" ? value === 1 : kind === "string" ? strings![Number(value)]! : value;
};

function read({ planned }: PreparedQuery, { rows }: PartialResult): Row[] {
  return Array.from({ length: rows!.count }, (_, row) => {
    const values = [...planned.rowOrder].map(([name, place]) => [name, valueAt(rows!.columns[place]!, row)]);
    return Object.fromEntries(values) as Row;
  });
}

for (const [what, filter, passes] of [
  ["without filters", undefined, () => true],
  ["behind a filter, which drops what is missing too", ["y > 20", "flag"], ({ y, flag }) => y !== null && y > 20 && flag],
] as readonly [string, string[] | undefined, (event: (typeof events)[number]) => boolean][]) {
  test(`rows are the values of each event in turn, ${what}`, async () => {
    const prepared = prepareQuery({ ...(filter && { filter }), rows: { columns } }, dataset.schema);
    const partial = runPrepared(prepared, dataset);
    assert.deepEqual(read(prepared, partial), events.filter(passes).map(rowOf));
    assert.equal(partial.filters.at(-1)?.events ?? events.length, events.filter(passes).length);
    const bytes = await encodePartial(partial);
    assert.deepEqual(await decodePartial(bytes), partial);
    assert.deepEqual(await encodePartial(await decodePartial(bytes)), bytes);
  });
}

test("a limit takes the first ones, and filters and histograms count all events", () => {
  const axis = { type: "regular", bins: 10, lower: 0, upper: 100, value: "x" };
  const query = { filter: "flag", histograms: { x: { axes: [axis] } } };
  const prepared = prepareQuery({ ...query, rows: { columns, limit: 4_500 / 3 } }, dataset.schema);
  const partial = runPrepared(prepared, dataset);
  assert.deepEqual(
    read(prepared, partial),
    events
      .filter(({ flag }) => flag)
      .slice(0, 1500)
      .map(rowOf),
  );
  const without = runPrepared(prepareQuery(query, dataset.schema), dataset);
  assert.deepEqual([partial.filters, partial.histograms], [without.filters, without.histograms]);
});

test("merging partials counts their rows, as many as the limit at most", () => {
  const prepared = prepareQuery({ rows: { columns, limit: 5_000 } }, dataset.schema);
  const merger = new Merger(prepared.planned.program);
  merger.add(runPrepared(prepared, dataset, { to: 3_000 }));
  assert.equal(merger.read().rows?.count, 3_000);
  merger.add(runPrepared(prepared, dataset, { from: 3_000 }));
  assert.deepEqual([merger.read().rows, merger.entries], [{ count: 5_000, columns: [] }, 9_000]);
});

test("rows of more bytes than a partial may have are refused", () => {
  const many = Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`c${index}`, `x + ${index}`]));
  const large = makeDataset(Array.from({ length: 80_000 }, () => ({ x: 1 })));
  const prepared = prepareQuery({ rows: { columns: many } }, large.schema);
  assert.throws(() => runPrepared(prepared, large), RowsTooLarge);
});

test("programs that ask for the same rows under other names, or in another order, are the same; the limit makes another", () => {
  const programOf = (rows: object) => makeProgram(readQuery({ dataset: "test", rows }), dataset.schema).program;
  const program = programOf({ columns: { a: "x", b: "flag" }, limit: 10 });
  assert.deepEqual(programOf({ columns: { flag: "flag", same: "x", x: "x" }, limit: 10 }), program);
  assert.notDeepEqual(programOf({ columns: { a: "x", b: "flag" }, limit: 11 }), program);
});

test("variations of a query have no rows", () => {
  const query = { filter: "flag", rows: { columns: { x: "x" } }, variations: { all: { filter: "x > 1" } } };
  const { program, variations } = makeProgram(readQuery({ dataset: "test", ...query }), dataset.schema);
  assert.ok(program.rows);
  assert.equal(variations.get("all")!.program.rows, undefined);
});

test("rows of 64-bit integers are those of the file, with all their bits", async () => {
  const edges = [0n, 1n, -1n, 2n ** 53n + 1n, -(2n ** 63n), 2n ** 63n - 1n, 0x7ff4000000000001n, -0x000bffffffffffffn];
  const some = Array.from({ length: 9_000 }, (_, index) => {
    const id = index < edges.length ? edges[index]! : BigInt(random.below(2 ** 31)) * BigInt(random.below(2 ** 31)) - 2n ** 61n;
    return { id, maybe: index % 3 === 0 ? null : id, Hit: Array.from({ length: index % 3 }, (_, place) => ({ id: id ^ BigInt(place) })) };
  });
  const longs = makeDataset(some);
  const wanted = { id: "id", maybe: "maybe", first: "Hit[0].id", least: "Hit.id.min()", or: "maybe ?? id", twice: "id * 2" };
  const prepared = prepareQuery({ rows: { columns: wanted } }, longs.schema);
  const partial = runPrepared(prepared, longs);
  const kinds = new Map([...prepared.planned.rowOrder].map(([name, place]) => [name, partial.rows!.columns[place]!.kind]));
  assert.deepEqual([...kinds.values()], ["int64", "int64", "int64", "int64", "int64", "number"]);
  const expected = some.map(({ id, maybe, Hit }) => ({
    id,
    maybe,
    first: Hit[0]?.id ?? null,
    least: Hit.reduce<bigint | null>((least, hit) => (least === null || hit.id < least ? hit.id : least), null),
    or: maybe ?? id,
    twice: Number(id) * 2,
  }));
  assert.deepEqual(read(prepared, partial) as readonly object[], expected);
  const bytes = await encodePartial(partial);
  assert.deepEqual(await decodePartial(bytes), partial);
  assert.deepEqual(await encodePartial(await decodePartial(bytes)), bytes);
});
