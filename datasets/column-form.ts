/** The form in which a program reads a column. If files that join a dataset change a column's form, queries under way keep the one they began with. */
import type { Input } from "../engine/program/inputs.ts";
import type { Column, DType } from "../engine/program/schema.ts";

export interface ColumnForm {
  /** Absent if the program only reads the offsets: any type will do. */
  readonly dtype?: DType;
  /** Absent if the program only reads the offsets. */
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

/** Whether a program with the inputs `held` can read all that one of the same key with the inputs `wanted` reads. Their columns' forms may differ. */
export function holdsForms(held: readonly Input[], wanted: readonly Input[]): boolean {
  const forms = formsOf(held);
  return [...formsOf(wanted)].every(([name, { dtype, nullable }]) => {
    const form = forms.get(name);
    if (!form || dtype === undefined) return form !== undefined;
    return form.dtype !== undefined && widen(form.dtype, dtype) === form.dtype && (form.nullable === true || !nullable);
  });
}

/** The type that holds the values of both exactly, else float64, which rounds integers from 2^53 on; undefined unless both are numbers or equal. */
export function widen(a: DType, b: DType): DType | undefined {
  if (a === b) return a;
  const isNumber = (dtype: DType) => dtype !== "bool" && dtype !== "string";
  if (!isNumber(a) || !isNumber(b)) return undefined;
  const long = [a, b].find((dtype) => dtype === "int64" || dtype === "uint64");
  const other = a === long ? b : a;
  return long && (other === "uint32" || (other === "int32" && long === "int64")) ? long : "float64";
}

/** The column of a schema in this form; what the form leaves open is taken from `own`, the file's column. */
export function columnOf(name: string, { dtype, nullable, lists }: ColumnForm, own: Pick<Column, "dtype" | "nullable">): Column {
  return { name, dtype: dtype ?? own.dtype, nullable: nullable ?? own.nullable, lists };
}
