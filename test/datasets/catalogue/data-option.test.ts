import assert from "node:assert/strict";
import { test } from "node:test";
import { parseDataOption } from "../../../datasets/catalogue/data-option.ts";

test("parseDataOption takes the first equals sign as the end of the name", () => {
  assert.deepEqual(parseDataOption("cms=/data/run=2012/*.parquet"), { name: "cms", pattern: "/data/run=2012/*.parquet" });
  assert.deepEqual(parseDataOption("SingleMu_2012-B.v1=x.parquet"), { name: "SingleMu_2012-B.v1", pattern: "x.parquet" });
});

for (const [text, message] of [
  ["events.parquet", /NAME=PATH_OR_GLOB is required, current value is "events\.parquet"/],
  ["=events.parquet", /the name must be .*, current value is ""/],
  ["a b=events.parquet", /the name must be/],
  ["../a=events.parquet", /the name must be/],
  ["__proto__=events.parquet", /the name must be/],
  [`${"a".repeat(101)}=events.parquet`, /1 to 100/],
  ["cms=", /dataset cms needs a path/],
  ["cms=https://example.org/a.parquet", /reads no URLs/],
] as const) {
  test(`parseDataOption refuses ${text.slice(0, 40)} and says what would be right`, () => {
    assert.throws(() => parseDataOption(text), { name: "DatasetError", permanent: true, message });
  });
}
