/** Everything to which the documentation refers must exist. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import type { Column } from "../engine/program/schema.ts";
import { describeIssue, findIssues, histogramOf } from "./support/find-issues.ts";

const root = new URL("../", import.meta.url);
const folders = ["base", "coordination", "datasets", "docs", "engine", "examples", "functions", "loadtest", "runtime", "storage", "test"];

for (const document of ["README.md", "CONTRIBUTING.md", "docs/design.md"]) {
  test(`every file and folder that ${document} names is there`, async () => {
    const text = await readFile(new URL(document, root), "utf8");
    const named = [...text.matchAll(/`([a-z-]+\/[\w./-]*)`/g)]
      .map(([, path]) => path)
      .filter((path) => folders.includes(path.split("/")[0]));
    assert.ok(named.length > 0);
    assert.deepEqual(
      named.filter((path) => !existsSync(new URL(path, root))),
      [],
    );
  });
}

test("every expression of docs/idioms.md means something over events with muons, electrons and jets", async () => {
  const text = await readFile(new URL("docs/idioms.md", root), "utf8");
  const cells = text
    .split("\n")
    .filter((line) => line.startsWith("| `") || line.startsWith("| a join"))
    .map((line) => line.split(" | ").at(-1)!);
  const expressions = cells
    .flatMap((cell) => [...cell.matchAll(/`([^`]*)`/g)].map(([, written]) => written))
    .filter((each) => /[.?]/.test(each) && !each.startsWith("."));
  assert.ok(expressions.length > 40);
  for (const expression of expressions) assert.deepEqual(faultsOf(expression), [], expression);
});

/** Returns what is wrong with an expression, whatever type it has. */
function faultsOf(expression: string): readonly string[] {
  const polar = ["pt", "eta", "phi", "mass"];
  const members = {
    Muon: [...polar, "charge", "jetIdx", "tight"],
    Electron: [...polar, "charge"],
    Jet: [...polar, "btag"],
    MET: ["pt", "phi"],
  };
  const column = (name: string, dtype: Column["dtype"] = "float32"): Column => ({ name, dtype, nullable: false, lists: [] });
  const columns = Object.entries(members).flatMap(([record, fields]) =>
    fields.map(
      (field): Column => ({
        ...column(`${record}_${field}`, field === "tight" ? "bool" : "float32"),
        lists: record === "MET" ? [] : [record],
        member: { record, field },
      }),
    ),
  );
  const schema = { columns: [...columns, column("HLT_IsoMu24", "bool"), column("genWeight")], unsupported: [] };
  const issues = findIssues(
    { define: { it: expression }, filter: "it ?? HLT_IsoMu24", histograms: { h: histogramOf("genWeight") } },
    schema,
  );
  return issues.filter(({ at }) => at !== "/filter").map(describeIssue);
}
