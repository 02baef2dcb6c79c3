/**
 * One dataset of the catalogue: its files as the last look found them, and their descriptions.
 *
 * Concurrent calls share one look. A file is described once per identity (not at all if the store has its description), and again only if reading failed for a
 * temporary reason. Nothing is kept of a file that is gone. A file that cannot be read becomes a partition without entries, so that queries name it.
 */
import type { DatasetContent } from "../../base/registration.ts";
import { perTurn, turn } from "../../base/turn.ts";
import { sha256 } from "../../engine/sha256.ts";
import type { KnownBounds } from "../../engine/skip/bounds.ts";
import type { ColumnForm } from "../column-form.ts";
import {
  type BrokenFile,
  baseName,
  type ColumnLocation,
  type Dataset,
  DatasetError,
  type FileIdentity,
  type LookOptions,
  OtherFormError,
  type Partition,
} from "../dataset.ts";
import type { DescribeOptions, FileDescription } from "../format.ts";
import { fileEndings } from "../formats.ts";
import type { FoundFile } from "../sources/source.ts";
import { sourceOf } from "../sources/sources.ts";
import { boundColumns } from "./bound-columns.ts";
import { compareLists } from "./compare-lists.ts";
import { type DatasetFile, readDescription, shareShapes } from "./dataset-file.ts";
import { describeFiles } from "./describe-files.ts";
import type { DescriptionStore } from "./description-store.ts";
import { locateColumn } from "./locate-column.ts";
import { firstThatTell, mergeSchemas, type NamedFile } from "./merge-schemas.ts";
import { RecentDescriptions } from "./recent-descriptions.ts";
import { describeDifferences } from "./schema-notices.ts";
import { findSelection } from "./split-tree.ts";

export interface DatasetEntry {
  readonly name: string;
  /** A file, a folder or a glob pattern, and which tree in the files (`split-tree.ts`). */
  readonly pattern: string;
  /** If set, other processes are not told of it. */
  readonly isPrivate?: boolean;
  /** For a dataset that is being made: returns its progress; undefined when it is complete. */
  readonly preparing?: () => { readonly entries: number; readonly total: number } | undefined;
  /** For a dataset that is being made: resolves when its first file exists. Its maker handles a rejection. */
  readonly firstFile?: Promise<void>;
}

export interface CurrentDatasetOptions extends Pick<DescribeOptions, "partitionEvents"> {
  readonly stored?: DescriptionStore;
  /** The most bytes of descriptions' arrays that are kept in memory, and again of those that were recalled from the store. */
  readonly descriptionBytes?: number;
}

/** Up to this many files are looked at for each caller. */
const few = 5;
/** For each file beyond these, the milliseconds for which one look serves other callers. So looking takes a small part of the time, however many ask. */
const servesPerFile = 0.2;
const longestService = 5_000;

export class CurrentDataset {
  readonly #entry: DatasetEntry;
  readonly #stored: DescriptionStore | undefined;
  readonly #partitionEvents: number | undefined;
  /** Absent if there is no store. */
  readonly #recent: RecentDescriptions | undefined;
  #tree: string | undefined;
  #files: ReadonlyMap<string, DatasetFile> = new Map();
  #dataset: Dataset | undefined;
  #content: Promise<DatasetContent> | undefined;
  #look: Promise<Dataset> | undefined;
  #served: { readonly dataset: Dataset; readonly until: number } | undefined;

  constructor(entry: DatasetEntry, { stored, partitionEvents, descriptionBytes }: CurrentDatasetOptions = {}) {
    this.#entry = entry;
    this.#stored = stored;
    this.#partitionEvents = partitionEvents;
    this.#recent = stored && new RecentDescriptions((file) => this.#describeAgain(file), descriptionBytes);
  }

  /** Returns the dataset as its files are now, or were a moment ago unless `anew` is set. Throws `DatasetError` if none can be read. */
  look({ anew = false }: LookOptions = {}): Promise<Dataset> {
    if (!anew && this.#served && performance.now() < this.#served.until) return Promise.resolve(this.#served.dataset);
    this.#look ??= this.#lookNow().finally(() => {
      this.#look = undefined;
    });
    return this.#look;
  }

  /** The files as the last look found them. */
  get files(): readonly DatasetFile[] {
    return [...this.#files.values()];
  }

  /** Summarizes what the last successful look found; undefined if there was none. It is computed once for each state of the files. */
  describeContent(): Promise<DatasetContent> | undefined {
    this.#content ??= this.#dataset && describeContent(this.#dataset);
    return this.#content;
  }

  /** Locates a column by what the last look found; looks again if the partition is not in it. */
  async locate(partition: Partition, name: string, form?: ColumnForm): Promise<ColumnLocation> {
    const what = `column ${name}`;
    const { file, description } = await this.#describe(partition, what);
    const schema = this.#dataset?.schema ?? { columns: [], unsupported: [] };
    const located = locateColumn({ file, description, partition, schema, name, form });
    if (typeof located !== "string") return located;
    const error = refusal(partition, what, located);
    throw form ? new OtherFormError(error.message, { permanent: true }) : error;
  }

  /** Returns what the file's statistics tell about columns of a partition. Throws as `locate` does. */
  async bounds(partition: Partition, names: readonly string[]): Promise<KnownBounds> {
    const { description } = await this.#describe(partition, "statistics");
    return boundColumns(description, partition.unit, names);
  }

  async #describe(partition: Partition, what: string): Promise<{ readonly file: FileIdentity; readonly description: FileDescription }> {
    if (!this.#holds(partition)) await this.look({ anew: true });
    const known = this.#files.get(partition.file.path);
    if (!known || !this.#holds(partition)) throw refusal(partition, what, "the file changed or was removed since the query was planned");
    if (known.kind === "broken") throw new DatasetError(known.cause, { permanent: known.permanent });
    const { file } = known;
    return { file, description: (await this.#recent?.whole(file, known.description)) ?? known.description };
  }

  #holds({ file, fingerprint }: Partition): boolean {
    return this.#files.get(file.path)?.partitions.some((partition) => partition.fingerprint === fingerprint) ?? false;
  }

  async #lookNow(): Promise<Dataset> {
    const { pattern, firstFile, preparing } = this.#entry;
    await firstFile;
    const progress = preparing?.();
    const { files: selected, tree } = await findSelection(pattern);
    const { files: found, leftOut } = await sourceOf(selected).list(selected, { endings: fileEndings });
    this.#tree = tree;
    let files: readonly DatasetFile[] = await this.#describeAll(found, tree);
    const isSame = files.length === this.#files.size && files.every((file) => this.#files.get(file.file.path) === file);
    if (!isSame || !this.#dataset) {
      const near = new Set(found.filter(({ isNear }) => isNear).map(({ file }) => file.path));
      await turn();
      files = shareShapes(await this.#compareLists(files, { near, tree }));
      await this.#describeDataset(files);
    }
    const more = { ...(leftOut.length > 0 && { leftOut }), ...(progress && { preparing: progress }) };
    const described = this.#dataset!;
    const dataset = leftOut.length > 0 || progress ? { ...described, ...more } : described;
    this.#served = { dataset, until: performance.now() + serviceOf(files.length) };
    return dataset;
  }

  /** Files and dataset change at once, whatever is located in the meantime; there is no dataset if none of the files can be read. */
  async #describeDataset(files: readonly DatasetFile[]): Promise<void> {
    let dataset: Dataset | undefined;
    try {
      dataset = await describe(this.#entry, files);
    } finally {
      this.#leave(files);
      this.#files = new Map(files.map((file) => [file.file.path, file]));
      this.#content = undefined;
      this.#dataset = dataset;
    }
  }

  async #describeAll(found: readonly FoundFile[], tree: string | undefined): Promise<DatasetFile[]> {
    const known = found.map((file) => this.#stillKnown(file));
    if (known.every((file) => file !== undefined)) return known;
    const described = await describeFiles(
      found.filter((_, index) => !known[index]),
      { tree, partitionEvents: this.#partitionEvents, stored: this.#stored, keep: (each) => this.#recent?.keep(each) ?? each },
    );
    return found.map(({ file }, index) => known[index] ?? described.get(file.path)!);
  }

  /** Describes a file again. Throws `DatasetError` if neither the store nor the file can tell. */
  async #describeAgain(file: FileIdentity): Promise<FileDescription> {
    const tree = this.#tree;
    const recalled = (await this.#stored?.recall([file], tree))?.get(file.path);
    if (recalled) return recalled;
    const read = await readDescription({ file }, { tree, partitionEvents: this.#partitionEvents });
    if ("cause" in read) throw new DatasetError(read.cause, { permanent: read.permanent });
    return (await this.#stored?.record([{ file, description: read }], tree))?.get(file.path) ?? read;
  }

  /** Forgets files that are gone or have changed. */
  #leave(files: readonly DatasetFile[]): void {
    const stay = new Set(files.map((file) => file.kind === "described" && file.description.units));
    const gone = [...this.#files.values()].filter((file) => file.kind === "described" && !stay.has(file.description.units));
    this.#recent?.leave(gone.flatMap((file) => (file.kind === "described" ? [file.description] : [])));
  }

  /** Compares list columns in the first file with entries of each shape, to find which lists are equally long. `near`: the paths of near files. */
  async #compareLists(
    files: readonly DatasetFile[],
    { near, tree }: { readonly near: ReadonlySet<string>; readonly tree: string | undefined },
  ): Promise<readonly DatasetFile[]> {
    const described = files.filter((file) => file.kind === "described");
    const compared = new Map<DatasetFile, DatasetFile>();
    for (const each of firstThatTell(described)) {
      if (each.description.likeness) continue;
      try {
        const whole = (await this.#recent?.whole(each.file, each.description)) ?? each.description;
        const { likeness } = await compareLists(each.file, whole, { mayBlock: near.has(each.file.path) });
        if (!likeness) continue;
        await this.#stored?.record([{ file: each.file, description: { ...whole, likeness } }], tree, { replaces: true });
        compared.set(each, { ...each, description: { ...each.description, likeness } });
      } catch (error) {
        // The file has just changed or gone, which the next look will notice.
        if (!(error instanceof DatasetError)) throw error;
      }
    }
    return compared.size > 0 ? files.map((file) => compared.get(file) ?? file) : files;
  }

  #stillKnown({ file: { path, size, version } }: FoundFile): DatasetFile | undefined {
    const known = this.#files.get(path);
    const mayPass = known?.kind === "broken" && !known.permanent;
    return known?.file.size === size && known.file.version === version && !mayPass ? known : undefined;
  }
}

const refusal = ({ file }: Partition, what: string, reason: string): DatasetError =>
  new DatasetError(`Cannot read ${what} of ${baseName(file.path)}: ${reason}`, { permanent: true });

const serviceOf = (files: number): number => Math.min(longestService, Math.max(0, files - few) * servesPerFile);

/** Lets other tasks run in between: there may be 100,000 partitions. */
async function describe({ name, pattern }: DatasetEntry, files: readonly DatasetFile[]): Promise<Dataset> {
  await turn();
  const partitions: Partition[] = [];
  for (const file of files) {
    for (const each of file.partitions) partitions.push({ index: partitions.length, ...each });
    if (partitions.length % perTurn === 0) await turn();
  }
  await turn();
  const broken = files.filter((file) => file.kind === "broken").map(({ file, cause }): BrokenFile => ({ file, cause }));
  const named = files
    .filter((file) => file.kind === "described")
    .map(({ file, description }): NamedFile => ({ name: baseName(file.path), description }));
  if (named.length === 0) refuseUnreadable(name, pattern, files);
  await turn();
  const schema = mergeSchemas(named);
  await turn();
  const notices = describeDifferences(named, schema);
  return {
    name,
    schema,
    partitions,
    broken,
    entries: partitions.reduce((sum, { entries }) => sum + entries, 0),
    bytes: files.reduce((sum, { file }) => sum + file.size, 0),
    ...(notices.length > 0 && { notices }),
  };
}

async function describeContent({ partitions, entries, bytes, schema }: Dataset): Promise<DatasetContent> {
  const files = new Set(partitions.map(({ file }) => file.path)).size;
  const fingerprint = await sha256(partitions.map((partition) => partition.fingerprint).join("\n"));
  return { files, partitions: partitions.length, entries, bytes, columns: schema.columns.length, fingerprint };
}

function refuseUnreadable(name: string, pattern: string, files: readonly DatasetFile[]): never {
  const [first] = files.filter((file) => file.kind === "broken");
  if (!first) throw new DatasetError(`Cannot use dataset ${name}: no file matches ${baseName(pattern)}`, { permanent: false });
  const others = files.length > 1 ? ` (and ${files.length - 1} more files)` : "";
  throw new DatasetError(`Cannot use dataset ${name}: ${first.cause}${others}`, { permanent: first.permanent });
}
