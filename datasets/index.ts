/** Datasets on their own: name files, see their schema and partitions, read columns into flat arrays. */
export type { DType } from "../engine/program/schema.ts";
export { createCatalogue } from "./catalogue/catalogue.ts";
export { type DataOption, parseDataOption } from "./catalogue/data-option.ts";
export type { DatasetEntry } from "./catalogue/watched-dataset.ts";
export {
  type BrokenFile,
  type Catalogue,
  type ColumnLocation,
  type ColumnTarget,
  type Dataset,
  DatasetError,
  type FileIdentity,
  type Partition,
} from "./dataset.ts";
export { readColumn } from "./parquet/read-column.ts";
