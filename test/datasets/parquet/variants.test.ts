/** Files in many variants of the format, as pyarrow and fastparquet write them. Needs a Python that has pyarrow. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { makeDirectory } from "../read-for-test.ts";
import { type Nested, readerOf, readFileColumns } from "./read-file.ts";

const python = process.env.FEMTOQ_PYTHON ?? "python3";
const seed = process.env.FEMTOQ_VARIANTS_SEED ?? "1";
const count = Number(process.env.FEMTOQ_VARIANTS ?? 40);
const run = promisify(execFile);
const hasArrow = await run(python, ["-c", "import pyarrow"]).then(
  () => true,
  () => false,
);
const skip = !hasArrow && `PYARROW ABSENT: set FEMTOQ_PYTHON to a Python that has it`;

test("files in many variants of the format hold what was written", { skip }, async (t) => {
  const directory = await makeDirectory(t);
  await run(python, [fileURLToPath(new URL("make-variants.py", import.meta.url)), directory, seed, String(count)]);
  const wrong: string[] = [];
  for (let at = 0; at < count; at++) {
    const path = join(directory, `${at}.parquet`);
    const expected = JSON.parse(await readFile(`${path.slice(0, -".parquet".length)}.json`, "utf8")) as Record<string, unknown>;
    try {
      const { columns, unsupported } = await readFileColumns(readerOf(await readFile(path)));
      assert.deepEqual(unsupported, []);
      assert.deepEqual([...columns.keys()].sort(), Object.keys(expected).sort());
      for (const [name, entries] of columns) assert.deepEqual(entries.map(plain), zeros(expected[name]), name);
    } catch (error) {
      wrong.push(`${at}.parquet: ${String(error).slice(0, 500)}`);
    }
  }
  assert.deepEqual(wrong, []);
});

/** Converts a value to its form in the JSON. */
function plain(value: Nested): unknown {
  if (typeof value === "number") return Number.isFinite(value) ? value + 0 : String(value).replace("Infinity", "inf").replace("NaN", "nan");
  if (typeof value === "bigint") return String(value);
  return Array.isArray(value) ? value.map(plain) : value;
}

/** Booleans as numbers, and no −0. */
function zeros(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(zeros);
  if (typeof value === "number") return value + 0;
  return typeof value === "boolean" ? Number(value) : value;
}
