import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { parseDataOption } from "../../../datasets/catalogue/data-option.ts";
import { findSelection, splitTree } from "../../../datasets/catalogue/split-tree.ts";
import { makeDirectory } from "../read-for-test.ts";

test("parseDataOption takes the first equals sign as the end of the name", () => {
  assert.deepEqual(parseDataOption("cms=/data/run=2012/*.parquet"), { name: "cms", pattern: "/data/run=2012/*.parquet" });
  assert.deepEqual(parseDataOption("SingleMu_2012-B.v1=x.parquet"), { name: "SingleMu_2012-B.v1", pattern: "x.parquet" });
});

test("splitTree: a tree follows the last colon; those of a URL's scheme and port, of patterns and of files' names are none", () => {
  const split = (pattern: string) => Object.values(splitTree(pattern));
  for (const [files, ...tree] of [
    ["a.root", "Runs"],
    ["/data/*.root", "Events+Friends"],
    ["/data/*.root", "folder/tree;2"],
    ["https://eos.example:8443/a.root", "Events"],
    ["https://eos.example:8443/a.root"],
    ["https://eos.example:8443"],
    ["s3://bucket/a.root", "Events"],
    ["@list.txt", "Runs"],
    ["@http://eos.example:8080/list.txt"],
    ["/data/10:30/*.root"],
    ["/data/10:30/a.parquet"],
    ["/data/10:/a"],
    ["a.root:"],
    ["a.root"],
  ] as const) {
    assert.deepEqual(split([files, ...tree].join(":")), [files, ...tree]);
  }
});

test("findSelection takes what exists by its whole name for that", async (t) => {
  const directory = await makeDirectory(t);
  const path = join(directory, "events:Runs");
  assert.deepEqual(await findSelection(path), { files: join(directory, "events"), tree: "Runs" });
  await writeFile(path, "");
  assert.deepEqual(await findSelection(path), { files: path });
});

for (const [text, message] of [
  ["events.parquet", /NAME=PATH_OR_GLOB_OR_URL\[:TREE\] is required, current value is "events\.parquet"/],
  ["=events.parquet", /the name must be .*, current value is ""/],
  ["a b=events.parquet", /the name must be/],
  ["../a=events.parquet", /the name must be/],
  ["__proto__=events.parquet", /the name must be/],
  [`${"a".repeat(101)}=events.parquet`, /1 to 100/],
  ["cms=", /dataset cms needs a path/],
  ["cms=ftp://example.org/a.parquet", /reads no URLs/],
] as const) {
  test(`parseDataOption refuses ${text.slice(0, 40)} and says what would be right`, () => {
    assert.throws(() => parseDataOption(text), { name: "DatasetError", permanent: true, message });
  });
}
