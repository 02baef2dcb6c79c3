/**
 * Compares the explanations of the ADL queries with `explained-adl.txt`. FEMTOQ_TEST_WRITE=1 writes the file again; its changes must then be read and judged.
 */
import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { test } from "node:test";
import { compileNoted } from "../../engine/compile/compile-program.ts";
import { describeProgram } from "../../engine/explain/describe-program.ts";
import type { Column, DType, Schema } from "../../engine/program/schema.ts";
import { makeProgram } from "../../engine/query/make-program.ts";
import { readQuery } from "../../engine/query/query.ts";
import { drawPlan } from "../../runtime/cli/draw/draw-plan.ts";

const golden = new URL("explained-adl.txt", import.meta.url);

const fieldsOf = (record: string, lists: readonly string[], fields: readonly string[], dtype: DType = "float32"): readonly Column[] =>
  fields.map((field) => ({ name: `${record}_${field}`, dtype, nullable: false, lists, member: { record, field } }));

const schema: Schema = {
  columns: [
    ...["Muon", "Electron", "Jet"].flatMap((list) => fieldsOf(list, [list], ["pt", "eta", "phi", "mass"])),
    ...["Muon", "Electron"].flatMap((list) => fieldsOf(list, [list], ["charge"], "int32")),
    ...fieldsOf("Jet", ["Jet"], ["btag"]),
    ...fieldsOf("MET", [], ["pt", "phi"]),
  ],
  unsupported: [],
};

async function explainExample(number: number): Promise<string> {
  const text = await readFile(new URL(`../../examples/adl/query-${number}.json`, import.meta.url), "utf8");
  const program = makeProgram(readQuery(JSON.parse(text)), schema);
  const described = describeProgram(program, schema, compileNoted(program.terms, schema).notes);
  return `ADL ${number}\n${drawPlan({ ...described, columns: [] }, { bold: (line) => line }).join("\n")}\n`;
}

test("the ADL queries are explained as a person reads them", async () => {
  const explained = (await Promise.all([1, 2, 3, 4, 5, 6, 7, 8].map(explainExample))).join("\n");
  if (process.env.FEMTOQ_TEST_WRITE === "1") await writeFile(golden, explained);
  assert.equal(explained, await readFile(golden, "utf8"));
});
