/**
 * One column of one partition in memory.
 *
 *   loading --loaded--> ready
 *      |------failed--> failed   its blocks may be freed: nothing writes them any more
 *      |---cancelled--> failed   only before a thread began
 */
import type { Input } from "../../engine/program/inputs.ts";
import { bytesPerValue, type Column } from "../../engine/program/schema.ts";
import { type ColumnLocation, DatasetError, offsetCounts } from "../dataset.ts";
import type { CachedPartition, SharedOffsets } from "./cached-partition.ts";
import { type Block, type Slab, taken } from "./slab.ts";

/** Where a column is to be decoded to. */
export interface Place {
  readonly slab: Slab;
  readonly values: Block;
  readonly valid?: Block;
  /** One for each list that the column's values stand in, outermost first. */
  readonly offsets: readonly Block[];
}

/** What loading a column took on its thread: bytes read, and milliseconds of reading them and of decompressing and decoding. */
export interface LoadCost {
  readonly bytes: number;
  readonly reading: number;
  readonly decoding: number;
}

export interface Loading {
  /** Settles when nothing writes to the place any more; gives how many values there are. */
  readonly done: Promise<number>;
  /** Undefined until it is done, and where nobody measures. */
  cost?(): LoadCost | undefined;
  /** True where it had not begun: then nothing was or will be written. */
  cancel(): boolean;
}

/** Decodes a column on some thread. */
export type Load = (location: ColumnLocation, place: Place) => Loading;

export type Outcome = { readonly kind: "ready" } | { readonly kind: "failed"; readonly error: unknown };

export class CachedColumn {
  readonly partition: CachedPartition;
  readonly location: ColumnLocation;
  state: "loading" | "ready" | "failed" = "loading";
  leases = 0;
  /** Never rejects. */
  outcome: Promise<Outcome> = Promise.resolve({ kind: "ready" });
  #values: Block;
  #valid: Block | undefined;
  /** Offsets of its own, one array for each of its lists, until they are shared. */
  #ownOffsets: Block[];
  readonly #offsets: SharedOffsets[] = [];
  #cancel: () => boolean = () => false;
  #cost: () => LoadCost | undefined = () => undefined;

  /** `blocks` are of the sizes that `sizes` gives. */
  constructor(options: { readonly partition: CachedPartition; readonly location: ColumnLocation; readonly blocks: readonly Block[] }) {
    const { partition, location } = options;
    const blocks = [...options.blocks];
    this.partition = partition;
    this.location = location;
    this.#values = blocks.shift()!;
    if (location.column.nullable) this.#valid = blocks.shift();
    this.#ownOffsets = blocks;
  }

  /** Bytes to reserve: values, then validity, then offsets, as far as the column has them. */
  static sizes(location: ColumnLocation): number[] {
    const { column, values } = location;
    const sizes = [values * bytesPerValue[column.dtype]];
    if (column.nullable) sizes.push(values);
    return [...sizes, ...offsetCounts(location).map((count) => count * 4)];
  }

  /** What tells it from others of its partition: a dataset that gains a file may have a column of the same name in another form. */
  static identityOf({ name, dtype, nullable, lists }: Column): string {
    return JSON.stringify([name, dtype, nullable, lists]);
  }

  get identity(): string {
    return CachedColumn.identityOf(this.location.column);
  }

  /** What freeing it gives back, at most; its share of the offsets included. */
  get bytes(): number {
    let sum = taken(this.#values.bytes);
    if (this.#valid) sum += taken(this.#valid.bytes);
    for (const { bytes } of this.#ownOffsets) sum += taken(bytes);
    for (const { block, users } of this.#offsets) sum += Math.ceil(taken(block.bytes) / users);
    return sum;
  }

  /** What loading it took, once it is ready. */
  get cost(): LoadCost | undefined {
    return this.#cost();
  }

  /** Where it has what an input asks for. */
  block(input: Input): Block | undefined {
    switch (input.kind) {
      case "values":
        return this.#values;
      case "valid":
        return this.#valid;
      case "offsets":
        return this.#offsets[input.lists.length - 1]?.block;
    }
  }

  /** Calls `settled` once, later, when the state has changed. */
  start(load: Load, settled: () => void): void {
    const { done, cancel, cost } = load(this.location, {
      slab: this.partition.slab,
      values: this.#values,
      ...(this.#valid && { valid: this.#valid }),
      offsets: this.#ownOffsets,
    });
    this.#cancel = cancel;
    if (cost) this.#cost = cost;
    this.outcome = done
      .then((values) => this.#accept(values))
      .then(
        (): Outcome => {
          this.state = "ready";
          return { kind: "ready" };
        },
        (error: unknown): Outcome => {
          this.state = "failed";
          return { kind: "failed", error };
        },
      );
    void this.outcome.then(settled);
  }

  /** True where loading had not begun: then it is failed. */
  cancel(): boolean {
    if (!this.#cancel()) return false;
    this.state = "failed";
    return true;
  }

  free(): void {
    const { slab } = this.partition;
    slab.free(this.#values);
    if (this.#valid) slab.free(this.#valid);
    for (const block of this.#ownOffsets) slab.free(block);
    for (const level of this.#offsets.keys()) this.partition.leaveOffsets(this.location.column.lists[level]);
  }

  /** Gives back what was reserved too much, and shares the offsets. */
  #accept(values: number): void {
    const { slab } = this.partition;
    const { column, entries, elements, values: reserved } = this.location;
    // How many offsets each list has: one more than there are entries, then than there are elements of the list around it.
    const counts: number[] = [];
    let end = entries;
    let fits = values <= reserved;
    for (const [level, { address }] of this.#ownOffsets.entries()) {
      if (!fits) break;
      counts.push(end + 1);
      end = new Uint32Array(slab.memory.buffer, address, end + 1)[end];
      fits = end <= elements[level];
    }
    if (!fits || values !== end) {
      throw new DatasetError(`Cannot use column ${column.name}: ${values} values were read where its ${entries} entries need ${end}`, {
        permanent: true,
      });
    }
    for (const [level, count] of counts.entries()) {
      const block = slab.shrink(this.#ownOffsets[0], count * 4);
      this.#ownOffsets[0] = block;
      this.#offsets.push(this.partition.shareOffsets(block, this.location, { level, count }));
      this.#ownOffsets.shift();
    }
    this.#values = slab.shrink(this.#values, values * bytesPerValue[column.dtype]);
    if (this.#valid) this.#valid = slab.shrink(this.#valid, values);
  }
}

export function sumCosts(columns: readonly CachedColumn[]): LoadCost & { readonly columns: number } {
  const sum = { columns: columns.length, bytes: 0, reading: 0, decoding: 0 };
  for (const { cost } of columns) {
    sum.bytes += cost?.bytes ?? 0;
    sum.reading += cost?.reading ?? 0;
    sum.decoding += cost?.decoding ?? 0;
  }
  return sum;
}
