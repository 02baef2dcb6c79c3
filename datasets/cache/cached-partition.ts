/** A partition in the column cache: its columns, all in one slab, and the offsets of each list once. */
import type { Input } from "../../engine/program/inputs.ts";
import { innermost, standsIn } from "../../engine/program/schema.ts";
import type { CachedColumn } from "./cached-column.ts";
import { SharedOffsets } from "./shared-offsets.ts";
import type { Slab } from "./slab.ts";

export class CachedPartition {
  readonly fingerprint: string;
  readonly slab: Slab;
  /** The columns by identity. */
  readonly columns = new Map<string, CachedColumn>();
  /** The number of leases; the partition stays in its slab while there are any. */
  leases = 0;
  readonly offsets: SharedOffsets;
  /** Whether its columns may have been overwritten, so that nothing that was computed from them counts. */
  isSpoilt = false;

  constructor(fingerprint: string, slab: Slab) {
    this.fingerprint = fingerprint;
    this.slab = slab;
    this.offsets = new SharedOffsets(slab);
  }

  /** Whether each input of a program has a column that is in memory or being loaded. */
  holds(inputs: readonly Input[]): boolean {
    return inputs.every((input) => this.#find(input, inputs));
  }

  /** Returns the columns that programs with these inputs read, each once; undefined if one of them is not in memory, or is read in two forms. */
  ready(programs: readonly (readonly Input[])[]): readonly CachedColumn[] | undefined {
    const byName = new Map<string, CachedColumn>();
    for (const inputs of programs) {
      for (const input of inputs) {
        const column = this.#find(input, inputs, byName);
        if (column?.state !== "ready") return undefined;
        const { name } = column.location.column;
        if ((byName.get(name) ?? column) !== column) return undefined;
        byName.set(name, column);
      }
    }
    return [...byName.values()];
  }

  /**
   * Finds the column that has an input of a program; `inputs` are all inputs of the program. Offsets are taken from one of the `chosen` columns if any of these
   * has them.
   */
  #find(input: Input, inputs: readonly Input[], chosen?: ReadonlyMap<string, CachedColumn>): CachedColumn | undefined {
    if (input.kind === "offsets") {
      const has = ({ location: { column } }: CachedColumn) => standsIn(column, input.lists) && input.columns.includes(column.name);
      return find(chosen?.values() ?? [], has) ?? find(this.columns.values(), has);
    }
    const isNullable = inputs.some((other) => other.kind === "valid" && other.column === input.column);
    return find(this.columns.values(), ({ location: { column } }) => {
      if (column.name !== input.column || column.nullable !== isNullable || innermost(column) !== innermost(input)) return false;
      return input.kind !== "values" || column.dtype === input.dtype;
    });
  }

  /** The names of the columns that are in memory or being loaded. */
  get names(): ReadonlySet<string> {
    return new Set([...this.columns.values()].map(({ location }) => location.column.name));
  }

  holdsNamed(names: readonly string[]): boolean {
    const held = this.names;
    return names.every((name) => held.has(name));
  }
}

function find<T>(items: Iterable<T>, isWanted: (item: T) => boolean): T | undefined {
  for (const item of items) if (isWanted(item)) return item;
  return undefined;
}
