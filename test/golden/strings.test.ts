/** Strings of a file that pyarrow wrote, against DuckDB. Needs a Python that has both. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { openApp } from "../support/open-app.ts";

const python = process.env.FEMTOQ_PYTHON ?? "python3";
const run = promisify(execFile);
const hasBoth = await run(python, ["-c", "import duckdb, pyarrow"]).then(
  () => true,
  () => false,
);
const skip = !hasBoth && "PYARROW OR DUCKDB ABSENT: set FEMTOQ_PYTHON to a Python that has them";

interface Answers {
  readonly categories: readonly string[];
  readonly filled: Readonly<Record<string, readonly number[]>>;
  readonly passed: Readonly<Record<string, number>>;
}

test("strings in columns, lists and structs are what DuckDB reads of the same file", { skip }, async (t) => {
  const directory = await mkdtemp(join(tmpdir(), "femtoq-strings-"));
  t.after(() => rm(directory, { recursive: true }));
  await run(python, [fileURLToPath(new URL("make-strings.py", import.meta.url)), directory]);
  const answers = JSON.parse(await readFile(join(directory, "answers.json"), "utf8")) as Answers;
  const app = await openApp(t, { extraData: [`strings=${join(directory, "strings.parquet")}`] });
  const axis = { type: "category", categories: answers.categories };
  const entry = (index: number): string => `h${index}`;
  const values = Object.entries(answers.filled);
  const conditions = Object.entries(answers.passed);
  const status = await app.ask({
    dataset: "strings",
    histograms: Object.fromEntries([
      ...values.map(([value], index) => [entry(index), { axes: [{ ...axis, value }] }]),
      ...conditions.map(([value], index) => [entry(values.length + index), { axes: [{ type: "boolean", value }] }]),
    ]),
  });
  assert.equal(status.partitions.total, 4);
  assert.deepEqual(status.failures, []);
  for (const [index, [value, expected]] of values.entries()) {
    const { axes, storage } = status.histograms[entry(index)]!;
    assert.deepEqual(axes[0], { type: "category_str", categories: answers.categories, flow: true });
    assert.deepEqual(storage.values, expected, value);
  }
  for (const [index, [condition, expected]] of conditions.entries())
    assert.equal((status.histograms[entry(values.length + index)]!.storage.values as readonly number[])[1], expected, condition);
});
