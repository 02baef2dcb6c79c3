/**
 * Compiles those modules of a query's programs that nodes cannot get from the store yet. Several datasets may share a program by its key, though their columns
 * have different forms. So the stored module reads the forms of all datasets for which it was requested.
 */
import { turn } from "../../../base/turn.ts";
import { type ColumnForm, formsOf, holdsForms, widen } from "../../../datasets/column-form.ts";
import { type CodeCache, compileAlike } from "../../../engine/compile/alike/compile-alike.ts";
import { type Program, writeNumber } from "../../../engine/program/program.ts";
import type { Schema } from "../../../engine/program/schema.ts";
import { writeSource } from "../../../engine/program/source.ts";
import { makeProgram } from "../../../engine/query/make-program.ts";
import { readQuery } from "../../../engine/query/query.ts";
import { programsOf, type Store, type StoredProgram } from "../../../storage/store.ts";
import { type CheckedProgram, keyPrograms, type QueryPlan } from "./plan-query.ts";

interface Sources {
  readonly store: Pick<Store, "getPrograms">;
  /** The code that was compiled before. */
  readonly code: CodeCache;
}

/**
 * Compiles the programs that the store does not have, or has only for other forms: those of another dataset, or of this one when it had fewer files. Throws as
 * `compileChecked` does.
 */
export async function compileMissing(
  { plan, checked, dataset, query }: Pick<QueryPlan, "plan" | "checked" | "dataset" | "query">,
  { store, code }: Sources,
): Promise<readonly StoredProgram[]> {
  const stored = await store.getPrograms(programsOf(plan).map(({ programKey }) => programKey));
  const compiled: StoredProgram[] = [];
  for (const program of checked.programs) {
    const held = stored.get(program.programKey)?.program as Program | undefined;
    if (held && holdsForms(held.inputs, program.program.inputs)) continue;
    if (compiled.length > 0) await turn();
    const schema = held ? widened(dataset.schema, formsOf(held.inputs)) : dataset.schema;
    const wider = held && (await checkAgain(query.query, schema, program.programKey));
    compiled.push(await compileChecked(wider ?? program, wider ? schema : dataset.schema, code));
  }
  return compiled;
}

async function checkAgain(query: unknown, schema: Schema, programKey: string): Promise<CheckedProgram | undefined> {
  const { programs } = await keyPrograms(makeProgram(readQuery(query), schema));
  return programs.find((each) => each.programKey === programKey);
}

/** Compiles a program to the module that nodes run. Throws `QueryError` if its code would be too large. */
export async function compileChecked(
  { programKey, program, terms }: Pick<CheckedProgram, "programKey" | "program" | "terms">,
  schema: Schema,
  known: CodeCache,
): Promise<StoredProgram> {
  const { module, codeKey, numbers } = await compileAlike(terms, schema, known);
  return { programKey, program, source: writeSource(terms, schema), module, code: { key: codeKey, numbers: numbers.map(writeNumber) } };
}

/** Widens the columns of a schema so that they hold these forms, too. */
function widened({ columns, ...rest }: Schema, forms: ReadonlyMap<string, ColumnForm>): Schema {
  return {
    ...rest,
    columns: columns.map((column) => {
      const { dtype = column.dtype, nullable = false } = forms.get(column.name) ?? {};
      return { ...column, dtype: widen(column.dtype, dtype) ?? column.dtype, nullable: column.nullable || nullable };
    }),
  };
}
