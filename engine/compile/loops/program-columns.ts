/** Finds the columns that a program reads, by the terms that read them. */
import type { Input } from "../../program/inputs.ts";
import { type Column, type DType, innermost, type Schema } from "../../program/schema.ts";

export interface ColumnSource {
  readonly inputs: readonly Input[];
  readonly schema: Schema;
}

export interface WithColumns {
  readonly columns: ProgramColumns;
}

const wideTypes: ReadonlySet<DType> = new Set<DType>(["float32", "float64", "int32"]);

export class ProgramColumns {
  protected readonly inputs: readonly Input[];
  readonly #columns: ReadonlyMap<string, Column>;

  constructor({ inputs, schema }: ColumnSource) {
    this.inputs = inputs;
    this.#columns = new Map(schema.columns.map((column) => [column.name, column]));
  }

  column(name: string): Column {
    return this.#columns.get(name)!;
  }

  /** The column of a field of a list's elements; without `field`, the list's only column. */
  fieldColumn(list: string, field: string | undefined): Column {
    const columns = this.inputs.flatMap((input) =>
      input.kind === "values" && input.tellsOf === undefined && innermost(input) === list ? [this.column(input.column)] : [],
    );
    return columns.find((column) => field === undefined || column.member?.field === field)!;
  }

  /** Whether two neighbouring values of the column can be read at once. */
  isWide(column: Column | undefined): boolean {
    return column !== undefined && !column.nullable && wideTypes.has(column.dtype);
  }
}
