/** Reads the page lists of the footer's cluster groups: the entries of each cluster, and where the pages of its columns lie. */
import { turn } from "../../../base/turn.ts";
import type { ByteReader } from "../../sources/source.ts";
import { pageBytes } from "./column-types.ts";
import type { EnvelopeReader } from "./envelope-reader.ts";
import { type EnvelopeLink, readEnvelope, readEnvelopeLink, readLocator } from "./read-envelope.ts";
import type { PhysicalColumn } from "./schema.ts";

/** The pages of column p in cluster c are those from `starts[c * columns + p]` up to the next start. */
export interface PageLists {
  /** The number of entries of each cluster. */
  readonly entries: readonly number[];
  readonly starts: Float64Array;
  /** At [c * columns + p]: 1 if column p has no pages in cluster c because another form of its field has them. */
  readonly suppressed: Uint8Array;
  /** For each page: the byte of the file at which it begins, its stored bytes, its elements, and 1 if a checksum follows it, else 0. */
  readonly offset: Float64Array;
  readonly bytes: Float64Array;
  readonly elements: Float64Array;
  readonly checked: Uint8Array;
}

/** The fewest bytes of a summary, a list and a page in a page list. */
const [leastSummary, leastList, leastPage] = [24, 12, 16];
const checksumBytes = 8;
const turnMilliseconds = 5;
/** The largest page, decompressed. Some writers make one large page of a cluster; one read has at most 2 GiB. */
const mostPageBytes = 2 ** 30;

/** `groups` is the list of cluster groups; every page list must state `headerChecksum`. */
export async function readPageLists(
  file: ByteReader,
  groups: ReturnType<EnvelopeReader["list"]>,
  headerChecksum: Uint8Array,
  columns: readonly PhysicalColumn[],
): Promise<PageLists> {
  const table = new PageTable(columns, file.byteLength);
  for (let group = 0; group < groups.count; group++) {
    const record = groups.items.record();
    const [, , clusters] = [record.u64(), record.u64(), record.u32()];
    await readPageList(file, readEnvelopeLink(record), { clusters, headerChecksum, table });
  }
  return table.finish();
}

async function readPageList(
  file: ByteReader,
  link: EnvelopeLink,
  { clusters, headerChecksum, table }: { readonly clusters: number; readonly headerChecksum: Uint8Array; readonly table: PageTable },
): Promise<void> {
  const { content } = await readEnvelope(file, link, "page list");
  if (content.bytes(checksumBytes).some((byte, at) => byte !== headerChecksum[at]))
    throw new Error("a page list belongs to another header");
  const summaries = content.list(leastSummary);
  const lists = content.list(leastList);
  if (summaries.count !== clusters || lists.count !== clusters) {
    throw new Error(`a page list has ${summaries.count} clusters and pages of ${lists.count}, its group ${clusters}`);
  }
  let begun = performance.now();
  for (let cluster = 0; cluster < clusters; cluster++) {
    const summary = summaries.items.record();
    const first = summary.u64();
    // Seven bytes are the number of entries, one byte is flags.
    const [low, high] = [summary.u32(), summary.u32()];
    if ((high >>> 24) & 1) throw new Error("its clusters are sharded, which is not supported");
    table.addCluster(first, low + (high & 0xff_ffff) * 2 ** 32);
    const columns = lists.items.list(leastList);
    for (let column = 0; column < columns.count; column++) table.addColumn(columns.items);
    table.endCluster();
    // Page lists of wide files have megabytes, so other tasks run in between.
    if (performance.now() - begun < turnMilliseconds) continue;
    await turn();
    begun = performance.now();
  }
}

class PageTable {
  readonly #columns: readonly PhysicalColumn[];
  readonly #fileBytes: number;
  readonly #entries: number[] = [];
  readonly #starts: number[] = [];
  readonly #suppressed: number[] = [];
  readonly #pages = { offset: [] as number[], bytes: [] as number[], elements: [] as number[], checked: [] as number[] };
  #firstEntry = 0;
  #column = 0;

  constructor(columns: readonly PhysicalColumn[], fileBytes: number) {
    this.#columns = columns;
    this.#fileBytes = fileBytes;
  }

  addCluster(first: number, entries: number): void {
    if (first !== this.#firstEntry) throw new Error(`a cluster begins at entry ${first} where the one before ended at ${this.#firstEntry}`);
    this.#entries.push(entries);
    this.#firstEntry += entries;
    if (this.#firstEntry > Number.MAX_SAFE_INTEGER) throw new Error("it states more than 2^53 entries");
    this.#column = 0;
  }

  /** Adds the pages of the cluster's next column. */
  addColumn(cluster: EnvelopeReader): void {
    const { items, count } = cluster.list(leastPage);
    const column = this.#columns[this.#column];
    if (!column) throw new Error(`a cluster has pages of more than the ${this.#columns.length} columns`);
    this.#starts.push(this.#pages.offset.length);
    for (let page = 0; page < count; page++) this.#addPage(items, column);
    // The number of the first element follows; it is negative for a column without pages.
    this.#suppressed.push(items.i64() < 0 ? 1 : 0);
    this.#column++;
  }

  #addPage(items: EnvelopeReader, { id, bits }: PhysicalColumn): void {
    const signed = items.i32();
    const { offset, bytes } = readLocator(items);
    const elements = Math.abs(signed);
    const checked = signed < 0 ? 1 : 0;
    const content = pageBytes(elements, bits);
    const where = `a page of column ${id} (${bytes} bytes at ${offset})`;
    if (!(offset + bytes + checked * checksumBytes <= this.#fileBytes)) {
      throw new Error(`${where} lies beyond the end of the file, which has ${this.#fileBytes} bytes`);
    }
    if (bytes > content) throw new Error(`${where} is longer than its ${elements} elements`);
    if (content > mostPageBytes)
      throw new Error(`${where} has ${content} bytes decompressed, more than the ${mostPageBytes} that are supported`);
    this.#pages.offset.push(offset);
    this.#pages.bytes.push(bytes);
    this.#pages.elements.push(elements);
    this.#pages.checked.push(checked);
  }

  /** Ends the cluster. Columns that were added later have no pages in it; another form of their field may have some. */
  endCluster(): void {
    for (; this.#column < this.#columns.length; this.#column++) {
      this.#starts.push(this.#pages.offset.length);
      this.#suppressed.push(1);
    }
  }

  finish(): PageLists {
    const { offset, bytes, elements, checked } = this.#pages;
    return {
      entries: this.#entries,
      starts: Float64Array.from([...this.#starts, offset.length]),
      suppressed: Uint8Array.from(this.#suppressed),
      offset: Float64Array.from(offset),
      bytes: Float64Array.from(bytes),
      elements: Float64Array.from(elements),
      checked: Uint8Array.from(checked),
    };
  }
}
