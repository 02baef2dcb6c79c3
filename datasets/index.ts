/**
 * The library for datasets: name files, see their schema and partitions, read columns into flat arrays. `examples/read-columns.ts` shows it all.
 *
 * - `createCatalogue([{ name, pattern }])` names datasets by files, folders and glob patterns; its `get(name)` looks at the files and describes
 *   them: columns with number type, nullability and the lists that their values stand in, entries, bytes, and partitions, each a range of
 *   entries of one file.
 * - `catalogue.locate(name, partition, column)` tells where one column of one partition lies, and how large arrays for it must be: `values`
 *   numbers of `column.dtype`, as many bytes of validity if it is nullable, and `offsetCounts(location)` offsets for each level of lists. It is plain
 *   data and may be posted to another thread.
 * - `makeTarget(location)` makes such arrays, each in memory of its own.
 * - `readColumn(location, target, { signal })` fills such arrays: content, validity (1 = there is a value), and offsets, where list i of a level has
 *   the elements [offsets[i], offsets[i + 1]) of the next level, or of the content. The content of a string column is positions in the array that
 *   `readDictionary` makes from `strings`.
 *
 * What cannot be read rejects with a `DatasetError` that names file, column and reason; `permanent` says that trying again cannot help. A file that changes
 * while it is read is refused. An aborted read rejects with the signal's reason. Arrays that are too small are a `RangeError`.
 */
export { largestDictionary, readDictionary } from "../engine/program/dictionary.ts";
export type { Column, DType, Schema } from "../engine/program/schema.ts";
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
  type ReadCounts,
} from "./dataset.ts";
export { makeTarget } from "./make-target.ts";
export { type ReadOptions, readColumn } from "./read-column.ts";
export type { ByteReader, Source } from "./sources/source.ts";
