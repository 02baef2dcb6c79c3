/**
 * Tells what is in the files of a dataset, without a server. It reads only metadata, by the same code as for queries. `readStatistics` reads the
 * values, column by column.
 */
import type { Column } from "../../engine/program/schema.ts";
import { CurrentDataset } from "../catalogue/current-dataset.ts";
import { findSelection } from "../catalogue/split-tree.ts";
import { type BrokenFile, baseName, type Dataset, type FileIdentity } from "../dataset.ts";
import type { FileDescription, StoredSize, TreeSummary } from "../format.ts";
import { fileEndings, formatNamed, treesOf } from "../formats.ts";
import { readBlocks } from "../sources/read-blocks.ts";
import { sourceOf } from "../sources/sources.ts";
import { columnType } from "./column-type.ts";

export interface InspectedColumn extends Column {
  /** The type, as `columnType` writes it. */
  readonly type: string;
  /** The size of its values in all files; absent if the format does not tell. */
  readonly stored?: StoredSize;
}

export interface Inspection {
  readonly dataset: CurrentDataset;
  readonly name: string;
  /** The titles of the files' formats. */
  readonly formats: readonly string[];
  readonly files: number;
  readonly entries: number;
  readonly bytes: number;
  readonly partitions: Dataset["partitions"];
  readonly columns: readonly InspectedColumn[];
  readonly unsupported: Dataset["schema"]["unsupported"];
  readonly broken: readonly BrokenFile[];
  /** The trees of the first file; empty if its format has none. */
  readonly trees: readonly TreeSummary[];
}

interface Described {
  readonly file: FileIdentity;
  readonly description: FileDescription;
}

/** `pattern` is what may follow the `=` in `--data`. Throws `DatasetError` if no file can be read. */
export async function inspectFiles(pattern: string): Promise<Inspection> {
  const name = baseName(pattern);
  const dataset = new CurrentDataset({ name, pattern });
  const { schema, partitions, broken, entries, bytes } = await dataset.look();
  const files = dataset.files.filter((each) => each.kind === "described");
  const formats = new Set(files.map(({ description }) => formatNamed(description.shape.format).title));
  return {
    dataset,
    name,
    formats: [...formats],
    files: dataset.files.length,
    entries,
    bytes,
    partitions,
    columns: schema.columns.map((column) => ({ ...column, ...describeStored(column, files) })),
    unsupported: schema.unsupported,
    broken,
    trees: files.length > 0 ? await treesIn(files[0]!.file) : [],
  };
}

function describeStored(column: Column, files: readonly Described[]): Pick<InspectedColumn, "type" | "stored"> {
  const types = new Set<string>();
  const compressions = new Set<string>();
  let bytes = 0;
  let isTold = false;
  for (const { description } of files) {
    const own = description.shape.columns.get(column.name);
    if (!own) continue;
    const format = formatNamed(description.shape.format);
    types.add(format.typeName?.(own) ?? own.dtype);
    if (!format.sizeOf) continue;
    for (let unit = 0; unit < description.units.length; unit++) {
      const size = format.sizeOf(description, unit, own);
      bytes += size.bytes;
      isTold = true;
      if (size.compression !== undefined) compressions.add(size.compression);
    }
  }
  const [type] = types.size === 1 ? types : [column.dtype];
  return {
    type: columnType(column, type),
    ...(isTold && { stored: { bytes, ...(compressions.size > 0 && { compression: [...compressions].join(", ") }) } }),
  };
}

/** All trees of the first file that a pattern matches, also if the pattern names a tree. */
export async function inspectTrees(pattern: string): Promise<readonly TreeSummary[]> {
  const selection = await findSelection(pattern);
  const { files } = await sourceOf(selection.files).list(selection.files, { endings: fileEndings });
  const [first] = files;
  return first && first.cause === undefined ? await treesIn(first.file) : [];
}

const treesIn = (file: FileIdentity): Promise<readonly TreeSummary[]> =>
  sourceOf(file.path).open(file, (reader) => treesOf(readBlocks(reader), baseName(file.path)));
