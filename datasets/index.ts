/** Datasets on their own: name files, see their schema and partitions, read columns into flat arrays. */
export type { DType } from "../engine/program/schema.ts";
export { createCatalogue } from "./catalogue/catalogue.ts";
export type { DatasetEntry } from "./catalogue/current-dataset.ts";
export { type DataOption, parseDataOption } from "./catalogue/data-option.ts";
export {
  type BrokenFile,
  type Catalogue,
  type ColumnLocation,
  type ColumnTarget,
  type Dataset,
  DatasetError,
  type FileIdentity,
  offsetCounts,
  type Partition,
} from "./dataset.ts";
export { readColumn } from "./read-column.ts";
