/**
 * What the column cache holds of one partition: its columns, all in one slab, and each list's offsets once.
 * Offsets live as long as a column that uses them.
 */
import type { Input } from "../../engine/program/inputs.ts";
import { innermost, standsIn } from "../../engine/program/schema.ts";
import { baseName, type ColumnLocation, DatasetError } from "../dataset.ts";
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
        if (input.kind === "offsets") return standsIn(column, input.lists) && input.columns.includes(column.name);
        if (innermost(column) !== innermost(input)) return false;
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

  /**
   * The offsets of one of a column's lists, by the number of its level, for a column that came with these `count` offsets; frees
   * them where the list has its own. Throws `DatasetError` where the two differ.
   */
  shareOffsets(block: Block, { column, file }: ColumnLocation, { level, count }: { level: number; count: number }): SharedOffsets {
    const list = column.lists[level];
    const shared = this.#offsets.get(list);
    if (!shared) {
      const first = { block, from: column.name, users: 1 };
      this.#offsets.set(list, first);
      return first;
    }
    const buffer = this.slab.memory.buffer;
    const place = firstDifference(new Uint32Array(buffer, block.address, count), new Uint32Array(buffer, shared.block.address, count));
    if (place !== undefined) {
      throw new DatasetError(
        `Cannot use ${shared.from} and ${column.name} as one list ${list}: their lengths differ in ${level === 0 ? "entry" : "list"} ${place} of a partition of ${baseName(file.path)}`,
        { permanent: true },
      );
    }
    this.slab.free(block);
    shared.users++;
    return shared;
  }

  leaveOffsets(list: string): void {
    const shared = this.#offsets.get(list);
    if (!shared || --shared.users > 0) return;
    this.#offsets.delete(list);
    this.slab.free(shared.block);
  }
}

/** The entry, from 0, whose list is the first of another length. */
function firstDifference(left: Uint32Array, right: Uint32Array): number | undefined {
  for (let i = 1; i < left.length; i++) if (left[i] !== right[i]) return i - 1;
  return undefined;
}
