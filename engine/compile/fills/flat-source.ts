/** Finds the values that lie in a column of float32 one after the other, so that histograms can be filled straight from it. */
import type { Column } from "../../program/schema.ts";
import type { Term } from "../../program/term.ts";
import type { ProgramColumns } from "../loops/program-columns.ts";

/** A column, and the list whose content it is; without a list, the column has one value per event. */
export interface FlatSource {
  readonly column: Column;
  readonly list?: string;
}

/** The column that a value reads, if the value is just a column, or a field of a collection, of float32 without missing values. */
export function flatSource(columns: ProgramColumns, value: Term): FlatSource | undefined {
  if (value.operation === "column") return plain({ column: columns.column(String(value.literal)) });
  const body = value.operation === "map" ? value.args[1].args[0] : undefined;
  const field = body?.operation === "field" && body.args[0].operation === "param" ? String(body.literal) : undefined;
  const source = field === undefined ? value : value.args[0];
  if (source.operation !== "collection" || source.args.length > 0) return undefined;
  const list = String(source.literal);
  return plain({ column: columns.fieldColumn(list, field), list });
}

const plain = (source: FlatSource): FlatSource | undefined =>
  source.column.dtype === "float32" && !source.column.nullable ? source : undefined;
