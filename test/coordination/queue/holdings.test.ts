import assert from "node:assert/strict";
import { test } from "node:test";
import { doubleHash, mostSummaryLength, parseHoldings, summarizeHoldings } from "../../../coordination/queue/holdings.ts";

function hold(partitions: number, columns: readonly string[]) {
  return Array.from({ length: partitions }, (_, index) => ({ fingerprint: `fingerprint ${index}`, columns }));
}

function ask(summary: string, partition: string, columns: readonly string[]): boolean {
  const holdings = parseHoldings(summary);
  assert(holdings);
  return holdings.mayHold(doubleHash(partition), columns.map(doubleHash));
}

test("summarizeHoldings never denies what is held, and seldom affirms what is not", () => {
  const columns = ["Muon_pt", "Muon_eta", "Muon_phi", "MET_pt"];
  const summary = summarizeHoldings(hold(500, columns));
  for (const { fingerprint } of hold(500, columns)) assert(ask(summary, fingerprint, columns));
  let affirmed = 0;
  for (let index = 0; index < 5000; index++) if (ask(summary, `another ${index}`, ["Muon_pt"])) affirmed++;
  assert(affirmed < 150, `${affirmed} of 5000`);
  affirmed = 0;
  for (const { fingerprint } of hold(500, columns)) if (ask(summary, fingerprint, ["Muon_pt", "Jet_pt"])) affirmed++;
  assert(affirmed < 25, `${affirmed} of 500 that lack a column`);
});

test("summarizeHoldings stays within its length, however much is held, and still tells apart programs of some columns", () => {
  const summary = summarizeHoldings(hold(4000, ["a", "b", "c"]));
  assert(summary.length <= mostSummaryLength && mostSummaryLength <= 4096);
  assert(ask(summary, "fingerprint 3999", ["a", "b", "c"]));
  let affirmed = 0;
  for (let index = 0; index < 2000; index++) if (ask(summary, `another ${index}`, ["a", "b", "c"])) affirmed++;
  assert(affirmed < 200, `${affirmed} of 2000`);
  assert(summarizeHoldings(hold(100_000, ["a", "b", "c"])).length <= mostSummaryLength);
});

test("parseHoldings refuses what is no summary", () => {
  assert.equal(summarizeHoldings([]), "");
  for (const text of ["", "0.AAAA", "9.AAAA", "3.", "3.!!", "{}", `3.${"A".repeat(5000)}`])
    assert.equal(parseHoldings(text), undefined, text);
});
