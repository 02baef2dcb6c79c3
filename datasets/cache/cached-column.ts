/**
 * One column of one partition in memory.
 *
 *   loading --loaded--> ready
 *      |------failed--> failed   its blocks may be freed: nothing writes them any more
 *
 * A column for which nobody waits any more is abandoned while it loads: its thread is told to stop, and it soon fails, or becomes ready nevertheless.
 */
import { largestDictionary } from "../../engine/program/dictionary.ts";
import type { Input } from "../../engine/program/inputs.ts";
import { bytesPerValue, type Column } from "../../engine/program/schema.ts";
import { type ColumnLocation, offsetCounts, type ReadCost } from "../dataset.ts";
import { type ListOffsets, offsetsRead, type SharedOffsets } from "./shared-offsets.ts";
import { type Block, type Slab, taken } from "./slab.ts";

/** The memory into which a column is decoded. */
export interface Place {
  readonly slab: Slab;
  readonly values: Block;
  readonly valid?: Block;
  /** For the dictionary of a string column. */
  readonly strings?: Block;
  /** One block for each list around the column's values, outermost first. */
  readonly offsets: readonly Block[];
}

export interface Loaded {
  /** The number of values. */
  readonly values: number;
  /** The bytes of a string column's dictionary. */
  readonly stringBytes?: number;
  /** The blocks of its offsets, if they are those of a column that was loaded with it instead of its own. */
  readonly offsets?: readonly Block[];
  /** Undefined if it is not measured. */
  readonly cost?: ReadCost;
}

export interface PlacedColumn {
  /** The fingerprint of the partition. */
  readonly fingerprint: string;
  readonly location: ColumnLocation;
  readonly place: Place;
}

export interface ToLoad extends PlacedColumn {
  /** Aborts when nobody waits for it any more. */
  readonly signal: AbortSignal;
}

/** Decodes columns of one partition, on some threads. Returns a promise for each, which settles when nothing writes to its place any more. */
export type Load = (columns: readonly ToLoad[]) => readonly Promise<Loaded>[];

/** The outcome of a load: the loaded column, or the reason why it was not loaded. */
export type Settled = Loaded | { readonly error: unknown };

/** The load ended early for a reason that does not lie in the file, such as the end of another's work that it was a part of. Loading anew may help. */
export class LoadInterrupted extends Error {
  override readonly name = "LoadInterrupted";
}

export type Outcome = { readonly kind: "ready" } | { readonly kind: "failed"; readonly error: unknown };

export class CachedColumn {
  readonly location: ColumnLocation;
  readonly slab: Slab;
  state: "loading" | "ready" | "failed" = "loading";
  leases = 0;
  /** The number of times that it was leased. */
  uses = 0;
  /** The cost of loading it, once it is ready. */
  cost: ReadCost | undefined;
  /** Never rejects. */
  readonly outcome: Promise<Outcome>;
  readonly #tell: (outcome: Outcome) => void;
  readonly #sharedOffsets: SharedOffsets;
  /** Made when it is asked for, since many columns are loaded without. */
  #abandoning: AbortController | undefined;
  #values: Block;
  #valid: Block | undefined;
  #strings: Block | undefined;
  /** Its own offsets, one block per list, until they are shared. */
  #ownOffsets: Block[];
  /** Its own offsets, instead of which it shares those of other columns. */
  #replaced: Block[] = [];
  readonly #offsets: ListOffsets[] = [];

  /** `blocks` have the sizes that `sizes` returns, in the slab. `offsets` are those of its partition there. */
  constructor(options: {
    readonly location: ColumnLocation;
    readonly slab: Slab;
    readonly offsets: SharedOffsets;
    readonly blocks: readonly Block[];
  }) {
    const { location, slab, offsets } = options;
    const blocks = [...options.blocks];
    let tell = (_: Outcome) => {};
    this.outcome = new Promise((resolve) => {
      tell = resolve;
    });
    this.#tell = tell;
    this.location = location;
    this.slab = slab;
    this.#sharedOffsets = offsets;
    this.#values = blocks.shift()!;
    if (location.column.nullable) this.#valid = blocks.shift();
    if (location.column.dtype === "string") this.#strings = blocks.shift();
    this.#ownOffsets = blocks;
  }

  /** The bytes to reserve for values, validity, dictionary and offsets, in this order; without those that the column does not have. */
  static sizes(location: ColumnLocation): number[] {
    const { column, values } = location;
    const sizes = [values * bytesPerValue[column.dtype]];
    if (column.nullable) sizes.push(values);
    if (column.dtype === "string") sizes.push(largestDictionary(values));
    return [...sizes, ...offsetCounts(location).map((count) => count * 4)];
  }

  /** The identity of a column in its partition. It includes the form, which may change for the same name when a dataset gains files. */
  static identityOf({ name, dtype, nullable, lists }: Column): string {
    return JSON.stringify([name, dtype, nullable, lists]);
  }

  get identity(): string {
    return CachedColumn.identityOf(this.location.column);
  }

  /** The blocks that only this column uses. */
  get ownBlocks(): readonly Block[] {
    return [this.#values, this.#valid, this.#strings, ...this.#ownOffsets].filter((block) => block !== undefined);
  }

  /** The offsets of each of its lists, once it is ready. */
  get offsets(): readonly ListOffsets[] {
    return this.#offsets;
  }

  /** The most bytes that freeing it returns, including its share of the offsets. */
  get bytes(): number {
    let sum = taken(this.#values.bytes);
    if (this.#valid) sum += taken(this.#valid.bytes);
    if (this.#strings) sum += taken(this.#strings.bytes);
    for (const { bytes } of this.#ownOffsets) sum += taken(bytes);
    for (const { block, users } of this.#offsets) sum += Math.ceil(taken(block.bytes) / users);
    return sum;
  }

  /** The block with the array that an input needs; undefined if the column does not have it. While it loads, the block to which it is read. */
  block(input: Input): Block | undefined {
    switch (input.kind) {
      case "values":
        return this.#values;
      case "valid":
        return this.#valid;
      case "strings":
        return this.#strings;
      case "offsets":
        return this.state === "loading" ? this.#ownOffsets[input.lists.length - 1] : this.#offsets[input.lists.length - 1]?.block;
    }
  }

  get signal(): AbortSignal {
    this.#abandoning ??= new AbortController();
    return this.#abandoning.signal;
  }

  get place(): Place {
    return {
      slab: this.slab,
      values: this.#values,
      ...(this.#valid && { valid: this.#valid }),
      ...(this.#strings && { strings: this.#strings }),
      offsets: [...this.#ownOffsets],
    };
  }

  /** Takes what became of its loading. To be called once, when nothing writes to its blocks any more. */
  settle(loaded: Settled): void {
    try {
      if ("error" in loaded) throw loaded.error;
      this.#accept(loaded);
      this.state = "ready";
      this.#tell({ kind: "ready" });
    } catch (error) {
      this.state = "failed";
      this.#tell({ kind: "failed", error });
    }
  }

  abandon(): void {
    this.#abandoning?.abort();
  }

  /** Frees its own offsets where it shares others. Must only be called when nobody reads it where it was loaded to. */
  freeReplaced(): void {
    for (const block of this.#replaced.splice(0)) this.slab.free(block);
  }

  /** Frees its blocks. Must only be called once it has settled. */
  free(): void {
    this.freeReplaced();
    for (const block of this.ownBlocks) this.slab.free(block);
    for (const level of this.#offsets.keys()) this.#sharedOffsets.leave(this.location.column.lists[level]);
  }

  /** Frees the memory that was reserved but not needed, except what `freeReplaced` frees, and shares the offsets. */
  #accept({ values, stringBytes = 0, offsets, cost }: Loaded): void {
    const { column } = this.location;
    const common = offsets?.map((block) => this.#sharedOffsets.loadedInto(block, this.location));
    const own = this.#ownOffsets.map((block, level) => {
      const { address, bytes } = common?.[level].block ?? block;
      return new Uint32Array(this.slab.memory.buffer, address, bytes / 4);
    });
    const counts = offsetsRead(this.location, values, own);
    for (const [level, count] of counts.entries()) {
      if (common) {
        this.#replaced.push(this.#ownOffsets.shift()!);
        this.#offsets.push(this.#sharedOffsets.join(common[level]));
        continue;
      }
      const loadedInto = this.#ownOffsets[0];
      const block = this.slab.shrink(this.#ownOffsets[0], count * 4);
      this.#ownOffsets[0] = block;
      const shared = this.#sharedOffsets.share(block, this.location, { level, count, loadedInto });
      this.#offsets.push(shared);
      this.#ownOffsets.shift();
      if (shared.block !== block) this.#replaced.push(block);
    }
    this.#values = this.slab.shrink(this.#values, values * bytesPerValue[column.dtype]);
    if (this.#valid) this.#valid = this.slab.shrink(this.#valid, values);
    if (this.#strings) this.#strings = this.slab.shrink(this.#strings, stringBytes);
    this.cost = cost;
  }
}

/** The blocks that become free if all these columns are freed, including offsets that no other column uses. */
export function blocksOf(columns: readonly CachedColumn[]): readonly Block[] {
  const users = new Map<ListOffsets, number>();
  for (const { offsets } of columns) for (const list of offsets) users.set(list, (users.get(list) ?? 0) + 1);
  const unshared = [...users].filter(([list, count]) => list.users === count).map(([list]) => list.block);
  return [...columns.flatMap(({ ownBlocks }) => ownBlocks), ...unshared];
}
