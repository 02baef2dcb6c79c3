/**
 * The modules of a query's programs that nodes cannot get from the store yet. Datasets share programs of one key, and may have their columns in other forms:
 * what is stored reads those of all that asked for it.
 */
import { turn } from "../../../base/turn.ts";
import { type ColumnForm, formsOf, holdsForms, widen } from "../../../datasets/column-form.ts";
import { compilerOf } from "../../../engine/compile/compile-alike.ts";
import type { Program } from "../../../engine/program/program.ts";
import type { Schema } from "../../../engine/program/schema.ts";
import { makeProgram } from "../../../engine/query/make-program.ts";
import { readQuery } from "../../../engine/query/query.ts";
import { programsOf, type Store, type StoredProgram } from "../../../storage/store.ts";
import { type CheckedProgram, compileChecked, keyPrograms, type QueryPlan } from "./plan-query.ts";

/** Compiles those that the store does not have, or has for other forms only: of another dataset, or of this one when it had fewer files. */
export async function compileMissing(
  { plan, checked, dataset, query }: Pick<QueryPlan, "plan" | "checked" | "dataset" | "query">,
  store: Pick<Store, "getPrograms">,
): Promise<readonly StoredProgram[]> {
  const stored = await store.getPrograms(programsOf(plan).map(({ programKey }) => programKey));
  const compiled: StoredProgram[] = [];
  const compile = checked.programs.length > 1 ? compilerOf(dataset.schema) : undefined;
  for (const program of checked.programs) {
    const held = stored.get(program.programKey)?.program as Program | undefined;
    if (held && holdsForms(held.inputs, program.program.inputs)) continue;
    if (compiled.length > 0) await turn();
    const wider = held && (await checkAgain(query.query, widened(dataset.schema, formsOf(held.inputs)), program.programKey));
    compiled.push(wider ?? compileChecked(program, dataset.schema, compile));
  }
  return compiled;
}

async function checkAgain(query: unknown, schema: Schema, programKey: string): Promise<StoredProgram | undefined> {
  const { programs } = await keyPrograms(makeProgram(readQuery(query), schema));
  const program = programs.find((each: CheckedProgram) => each.programKey === programKey);
  return program && compileChecked(program, schema);
}

/** The schema with columns that hold these forms, too. */
function widened({ columns, ...rest }: Schema, forms: ReadonlyMap<string, ColumnForm>): Schema {
  return {
    ...rest,
    columns: columns.map((column) => {
      const { dtype = column.dtype, nullable = false } = forms.get(column.name) ?? {};
      return { ...column, dtype: widen(column.dtype, dtype) ?? column.dtype, nullable: column.nullable || nullable };
    }),
  };
}
