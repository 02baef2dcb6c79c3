/** What the column cache holds of one partition: its columns, all in one slab, and each list's offsets once. */
import type { Input } from "../../engine/program/inputs.ts";
import { innermost, standsIn } from "../../engine/program/schema.ts";
import type { CachedColumn } from "./cached-column.ts";
import { SharedOffsets } from "./shared-offsets.ts";
import type { Slab } from "./slab.ts";

export class CachedPartition {
  readonly fingerprint: string;
  readonly slab: Slab;
  /** By identity. */
  readonly columns = new Map<string, CachedColumn>();
  /** How many leases there are; the partition stays in its slab while there is one. */
  leases = 0;
  readonly offsets: SharedOffsets;
  /** Something may have written over its columns: nothing that was computed from them counts. */
  isSpoilt = false;

  constructor(fingerprint: string, slab: Slab) {
    this.fingerprint = fingerprint;
    this.slab = slab;
    this.offsets = new SharedOffsets(slab);
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
        return input.kind !== "values" || column.dtype === input.dtype;
      }),
    );
  }

  /** Names of the columns that are here or on their way. */
  get names(): ReadonlySet<string> {
    return new Set([...this.columns.values()].map(({ location }) => location.column.name));
  }

  holdsNamed(names: readonly string[]): boolean {
    const held = this.names;
    return names.every((name) => held.has(name));
  }
}
