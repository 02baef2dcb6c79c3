/** What the engine knows of a dataset: its columns, flat and typed. Files, paths and encodings are the readers' business. */

/** Number type of a column in memory. 64-bit integers of a file become float64 (exact up to 2^53); `bool` is one byte, 0 or 1. */
export type DType = "float32" | "float64" | "int32" | "uint32" | "bool";

export interface Column {
  /** Full name, as the file has it: `Muon_pt`, `Muon.pt`, `MET_pt`, `event`. */
  readonly name: string;
  readonly dtype: DType;
  /** True where values may be missing (the file says so and its statistics do not rule it out). */
  readonly nullable: boolean;
  /**
   * For a list column: whose offsets it shares. Columns of one collection have equal lengths in every event; a list column
   * on its own is a collection of its own name. Absent for one value per event.
   */
  readonly collection?: string;
  /** Name under its record or collection: `Muon_pt` → record `Muon`, field `pt`. Absent for a plain column. */
  readonly member?: { readonly record: string; readonly field: string };
}

export interface Schema {
  readonly columns: readonly Column[];
  /** Columns that cannot be used yet, and why. */
  readonly unsupported: readonly { readonly name: string; readonly reason: string }[];
}

export const bytesPerValue: Readonly<Record<DType, number>> = { float32: 4, float64: 8, int32: 4, uint32: 4, bool: 1 };
