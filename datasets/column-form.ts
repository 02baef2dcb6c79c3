/** How a program reads a column. A dataset that changes while a query runs may give the column another form; the query keeps its own. */
import type { Input } from "../engine/program/inputs.ts";
import type { Column, DType } from "../engine/program/schema.ts";

export interface ColumnForm {
  /** Any, where only its offsets are read. */
  readonly dtype?: DType;
  /** As with `dtype`. */
  readonly nullable?: boolean;
  /** The lists that its values stand in, outermost first. */
  readonly lists: readonly string[];
}

/** The form of each column that a program with these inputs reads, by name. */
export function formsOf(inputs: readonly Input[]): ReadonlyMap<string, ColumnForm> {
  const forms = new Map<string, ColumnForm>();
  const nullable = new Set(inputs.flatMap((input) => (input.kind === "valid" ? [input.column] : [])));
  for (const input of inputs) {
    const { lists } = input;
    if (input.kind === "offsets") {
      for (const name of input.columns) if (!forms.has(name)) forms.set(name, { lists });
    } else {
      const dtype = input.kind === "values" ? input.dtype : forms.get(input.column)?.dtype;
      forms.set(input.column, { ...(dtype && { dtype }), nullable: nullable.has(input.column), lists });
    }
  }
  return forms;
}

/** A form as the column of a schema; what it leaves open is as `own`, the file's. */
export function columnOf(name: string, { dtype, nullable, lists }: ColumnForm, own: Pick<Column, "dtype" | "nullable">): Column {
  return { name, dtype: dtype ?? own.dtype, nullable: nullable ?? own.nullable, lists };
}
