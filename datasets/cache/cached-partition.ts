/**
 * What the column cache holds of one partition: its columns, all in one slab, and each collection's offsets once.
 * Offsets live as long as a column that uses them.
 */
import type { Input } from "../../engine/program/inputs.ts";
import { baseName } from "../catalogue/base-name.ts";
import { type ColumnLocation, DatasetError } from "../dataset.ts";
import type { CachedColumn } from "./cached-column.ts";
import type { Block, Slab } from "./slab.ts";

export interface SharedOffsets {
  readonly block: Block;
  /** The column they came with. */
  readonly from: string;
  users: number;
}

export class CachedPartition {
  readonly fingerprint: string;
  readonly slab: Slab;
  /** By identity. */
  readonly columns = new Map<string, CachedColumn>();
  /** How many leases there are; the partition stays in its slab while there is one. */
  leases = 0;
  readonly #offsets = new Map<string, SharedOffsets>();

  constructor(fingerprint: string, slab: Slab) {
    this.fingerprint = fingerprint;
    this.slab = slab;
  }

  /** Whether a column that has it is here or on its way for each of a program's inputs. */
  holds(inputs: readonly Input[]): boolean {
    const columns = [...this.columns.values()].map(({ location }) => location.column);
    const nullable = new Set(inputs.flatMap((input) => (input.kind === "valid" ? [input.column] : [])));
    return inputs.every((input) =>
      columns.some((column) => {
        if (column.collection !== input.collection) return false;
        if (input.kind === "offsets") return input.columns.includes(column.name);
        if (column.name !== input.column || column.nullable !== nullable.has(column.name)) return false;
        return input.kind === "valid" || column.dtype === input.dtype;
      }),
    );
  }

  /** Of the columns that are here or on their way. */
  get names(): ReadonlySet<string> {
    return new Set([...this.columns.values()].map(({ location }) => location.column.name));
  }

  holdsNamed(names: readonly string[]): boolean {
    const held = this.names;
    return names.every((name) => held.has(name));
  }

  /** The collection's offsets for a column that came with these; frees them where the collection has its own. Throws `DatasetError` where the two differ. */
  shareOffsets(block: Block, { column, entries, file }: ColumnLocation): SharedOffsets {
    const collection = column.collection!;
    const shared = this.#offsets.get(collection);
    if (!shared) {
      const first = { block, from: column.name, users: 1 };
      this.#offsets.set(collection, first);
      return first;
    }
    const buffer = this.slab.memory.buffer;
    const entry = firstDifference(
      new Uint32Array(buffer, block.address, entries + 1),
      new Uint32Array(buffer, shared.block.address, entries + 1),
    );
    if (entry !== undefined) {
      throw new DatasetError(
        `Cannot use ${shared.from} and ${column.name} as one collection ${collection}: their lists differ in length in entry ${entry} of a partition of ${baseName(file.path)}`,
        { permanent: true },
      );
    }
    this.slab.free(block);
    shared.users++;
    return shared;
  }

  leaveOffsets(collection: string): void {
    const shared = this.#offsets.get(collection);
    if (!shared || --shared.users > 0) return;
    this.#offsets.delete(collection);
    this.slab.free(shared.block);
  }
}

/** The entry, from 0, whose list is the first of another length. */
function firstDifference(left: Uint32Array, right: Uint32Array): number | undefined {
  for (let i = 1; i < left.length; i++) if (left[i] !== right[i]) return i - 1;
  return undefined;
}
