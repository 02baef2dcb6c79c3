/** Locates the columns that programs read of one partition, without repetition. */
import { CachedColumn } from "../../datasets/cache/cached-column.ts";
import { type ColumnForm, formsOf } from "../../datasets/column-form.ts";
import type { ColumnLocation } from "../../datasets/dataset.ts";
import type { ReadyProgram } from "./program-cache.ts";

export type Locate = (column: string, form: ColumnForm | undefined) => Promise<ColumnLocation>;

/** Rejects if two programs read one column in different forms, as may happen while a dataset changes; such programs cannot run together. */
export async function locateColumns(programs: readonly ReadyProgram[], locate: Locate): Promise<readonly ColumnLocation[]> {
  const wanted = new Map<string, Promise<ColumnLocation>>();
  for (const { program, columns } of programs) {
    const forms = formsOf(program.inputs);
    for (const name of columns) {
      const form = forms.get(name);
      const key = JSON.stringify([name, form]);
      if (!wanted.has(key)) wanted.set(key, locate(name, form));
    }
  }
  const located = new Map<string, ColumnLocation>();
  for (const location of await Promise.all(wanted.values())) located.set(CachedColumn.identityOf(location.column), location);
  const columns = [...located.values()];
  if (new Set(columns.map(({ column }) => column.name)).size < columns.length)
    throw new Error("Cannot run these programs together: they read a column in two forms");
  return columns;
}
