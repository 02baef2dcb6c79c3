/**
 * One dataset of the catalogue: its files as they were at the last look, and the metadata of each.
 *
 * Promises: concurrent calls share one look; a footer is read once per identity of its file (not at all where the store remembers it), and again
 * only where reading failed for a reason that may pass; nothing of a file that is gone is kept. A file that cannot be read takes the place of a partition
 * without entries, so that a query names it.
 */
import { basename } from "node:path";
import type { Column, Schema } from "../../engine/program/schema.ts";
import { type ColumnForm, columnOf } from "../cache/column-form.ts";
import { type BrokenFile, type ColumnLocation, type Dataset, DatasetError, type LookOptions, type Partition } from "../dataset.ts";
import { mapBounded } from "../map-bounded.ts";
import { locateChunk, type ParquetFile } from "../parquet/chunk.ts";
import { createFileFinder, type FoundFile } from "../sources/find-files.ts";
import { baseName } from "./base-name.ts";
import type { FileMemory } from "./file-memory.ts";
import { type KnownFile, readKnownFile, shareShapes } from "./known-file.ts";
import { mayMiss, mergeSchemas, widen } from "./merge-schemas.ts";

export interface DatasetEntry {
  readonly name: string;
  /** A file, a folder or a glob pattern. */
  readonly pattern: string;
  /** Other processes are not told of it. */
  readonly isPrivate?: boolean;
  /** For a dataset that is being made: how far it is; undefined when it is complete. */
  readonly preparing?: () => { readonly entries: number; readonly total: number } | undefined;
  /** For a dataset that is being made: resolves when its first file is there. Whoever makes it owns the promise. */
  readonly firstFile?: Promise<void>;
}

const parallelFooters = 4;
/** Few files are looked at for everyone who asks. */
const few = 5;
/** Milliseconds that a look serves others, for each file more: so looking takes a small part of the time, however many ask. */
const servesPerFile = 0.2;
const longestService = 5_000;

export class WatchedDataset {
  readonly #entry: DatasetEntry;
  readonly #find: () => Promise<FoundFile[]>;
  readonly #memory: FileMemory | undefined;
  #known: ReadonlyMap<string, KnownFile> = new Map();
  #dataset: Dataset | undefined;
  #look: Promise<Dataset> | undefined;
  #served: { readonly dataset: Dataset; readonly until: number } | undefined;

  constructor(entry: DatasetEntry, memory?: FileMemory) {
    this.#entry = entry;
    this.#memory = memory;
    this.#find = createFileFinder(entry.pattern);
  }

  /** The dataset as its files are now, or were a moment ago unless they are to be looked at `anew`. Throws `DatasetError` where none can be read. */
  look({ anew = false }: LookOptions = {}): Promise<Dataset> {
    if (!anew && this.#served && performance.now() < this.#served.until) return Promise.resolve(this.#served.dataset);
    this.#look ??= this.#lookNow().finally(() => {
      this.#look = undefined;
    });
    return this.#look;
  }

  /** As the last look that succeeded found it; looks at nothing. */
  get last(): Dataset | undefined {
    return this.#dataset;
  }

  /** From what the last look found; looks again where the partition is not in it. */
  async locate(partition: Partition, column: string, form?: ColumnForm): Promise<ColumnLocation> {
    if (!this.#holds(partition)) await this.look({ anew: true });
    const known = this.#known.get(partition.file.path);
    const refuse = (reason: string) =>
      new DatasetError(`Cannot read column ${column} of ${basename(partition.file.path)}: ${reason}`, { permanent: true });
    if (!known || !this.#holds(partition)) throw refuse("the file changed or was removed since the query was planned");
    if (known.kind === "broken") throw new DatasetError(known.cause, { permanent: known.permanent });
    const { shape, rowGroups } = known.content;
    const leaf = shape.leaves.get(column);
    const group = rowGroups[partition.rowGroup];
    if (!leaf || !group) throw refuse("the file has no such column");
    const merged = form ? inForm(known.content, column, form) : this.#dataset?.schema.columns.find(({ name }) => name === column);
    if (!merged) throw refuse(form ? "the query reads it as the file does not have it" : "not every file of the dataset has such a column");
    const chunk = locateChunk(group, partition.rowGroup, leaf);
    return { file: known.file, column: merged, entries: group.entries, values: group.values[leaf.index]!, chunk };
  }

  #holds({ file, fingerprint }: Partition): boolean {
    return this.#known.get(file.path)?.partitions.some((partition) => partition.fingerprint === fingerprint) ?? false;
  }

  async #lookNow(): Promise<Dataset> {
    await this.#entry.firstFile;
    const preparing = this.#entry.preparing?.();
    const found = await this.#find();
    const files = await this.#refresh(found);
    const same = files.length === this.#known.size && files.every((file) => this.#known.get(file.file.path) === file);
    if (!same || !this.#dataset) {
      this.#known = new Map(shareShapes(files).map((file) => [file.file.path, file]));
      this.#dataset = undefined;
      this.#dataset = describe(this.#entry, files);
    }
    const dataset = preparing ? { ...this.#dataset, preparing } : this.#dataset;
    this.#served = { dataset, until: performance.now() + serviceOf(files.length) };
    return dataset;
  }

  async #refresh(found: readonly FoundFile[]): Promise<KnownFile[]> {
    const known = found.map((file) => this.#stillKnown(file));
    if (known.every((file) => file !== undefined)) return known;
    const unknown = found.filter(({ cause }, index) => !known[index] && cause === undefined);
    const recalled = unknown.length > 0 ? await this.#memory?.recall(unknown.map(({ file }) => file)) : undefined;
    return mapBounded(found, parallelFooters, async (file, index) => {
      const onRead = async (content: ParquetFile) => this.#memory?.keep(file.file, content);
      return known[index] ?? readKnownFile(file, { recalled: recalled?.get(file.file.path), onRead });
    });
  }

  #stillKnown({ file: { path, size, modified } }: FoundFile): KnownFile | undefined {
    const known = this.#known.get(path);
    const passing = known?.kind === "broken" && !known.permanent;
    return known?.file.size === size && known.file.modified === modified && !passing ? known : undefined;
  }
}

const serviceOf = (files: number): number => Math.min(longestService, Math.max(0, files - few) * servesPerFile);

function describe({ name, pattern }: DatasetEntry, files: readonly KnownFile[]): Dataset {
  const partitions = files.flatMap((file) => file.partitions).map((partition, index) => ({ index, ...partition }));
  const broken = files.filter((file) => file.kind === "broken").map(({ file, cause }): BrokenFile => ({ file, cause }));
  return {
    name,
    schema: schemaOf(name, pattern, files),
    partitions,
    broken,
    entries: partitions.reduce((sum, { entries }) => sum + entries, 0),
    bytes: files.reduce((sum, { file }) => sum + file.size, 0),
  };
}

function schemaOf(name: string, pattern: string, files: readonly KnownFile[]): Schema {
  const readable = files.filter((file) => file.kind === "read");
  if (readable.length > 0) return mergeSchemas(readable.map(({ file, content }) => ({ name: basename(file.path), content })));
  const [first] = files.filter((file) => file.kind === "broken");
  if (!first) throw new DatasetError(`Cannot use dataset ${name}: no file matches ${baseName(pattern)}`, { permanent: false });
  const others = files.length > 1 ? ` (and ${files.length - 1} more files)` : "";
  throw new DatasetError(`Cannot use dataset ${name}: ${first.cause}${others}`, { permanent: first.permanent });
}

/** The column of a file in a form that holds all its values; undefined where this one does not. */
function inForm(content: ParquetFile, name: string, form: ColumnForm): Column | undefined {
  const leaf = content.shape.leaves.get(name)!;
  const column = columnOf(name, form, { dtype: leaf.dtype, nullable: mayMiss(content, name) });
  const isList = leaf.listParts !== undefined;
  const fits = isList === form.lists.length > 0 && widen(column.dtype, leaf.dtype) === column.dtype;
  return fits && (column.nullable || !mayMiss(content, name)) ? column : undefined;
}
