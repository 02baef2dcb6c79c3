/** One subtask's hold on the columns that it reads, and on a work area. */
import type { Input } from "../../engine/program/inputs.ts";
import { bytesPerValue } from "../../engine/program/schema.ts";
import { type ColumnLocation, DatasetError } from "../dataset.ts";
import type { PlacedColumn, Settled } from "./cached-column.ts";
import type { LoadedCosts } from "./leased-columns.ts";
import type { Block, Slab } from "./slab.ts";

export interface RoomRequest {
  readonly fingerprint: string;
  /** The columns, each once. */
  readonly columns: readonly ColumnLocation[];
  readonly workBytes: number;
}

export interface LeaseRequest extends RoomRequest {
  readonly signal: AbortSignal;
}

/** A request for a lease of columns that are in memory. */
export interface HeldRequest {
  readonly fingerprint: string;
  /** The inputs of each program. */
  readonly inputs: readonly (readonly Input[])[];
  readonly workBytes: number;
}

export interface Lease {
  readonly slab: Slab;
  /** The work area. It is not cleared. */
  readonly work: Block;
  /** The number of leased columns. */
  readonly columns: number;
  /** The costs of what was loaded for this lease, once all are ready. The other columns were in memory, or being loaded for another lease. */
  readonly loaded: LoadedCosts;
  /** Whether the slab was spoilt since the columns were leased, so that what was computed from them does not count. */
  readonly isSpoilt: () => boolean;
  /** Whether all columns are in memory, and none failed. */
  readonly isReady: () => boolean;
  /** The byte address of the array; throws `DatasetError` if the leased columns do not have it. */
  address(input: Input): number;
  /** Releases the columns and the work area. Must only be called when no thread uses the memory any more. A second call does nothing. */
  release(): void;
}

/** A column that the holder of the lease loads. */
export interface MissingColumn extends PlacedColumn {
  /** Takes what became of it. To be called once, when nothing writes to its place any more, and before the lease is released. */
  readonly settle: (loaded: Settled) => void;
}

/** A lease whose holder loads what is missing. */
export interface LeaseToLoad {
  /** Its columns may be read once all missing ones have settled and `isReady` is true. */
  readonly lease: Lease;
  readonly missing: readonly MissingColumn[];
  /** By list: the offsets with which those of the missing columns must agree, since columns of the lease that are in memory have them. */
  readonly offsets: ReadonlyMap<string, Block>;
}

/** The error for a lease that does not fit into an empty slab. */
export function tooLarge(request: Pick<RoomRequest, "columns">, total: number, capacity: number): DatasetError {
  const mebibytes = (bytes: number) => `${Math.ceil(bytes / 2 ** 20)} MiB`;
  const names = request.columns.map(({ column }) => `${column.name} (${bytesPerValue[column.dtype]} bytes a value)`).join(", ");
  return new DatasetError(
    `Cannot hold one partition's columns in memory: they and the work area need ${mebibytes(total)} together, and one block of ` +
      `memory has ${mebibytes(capacity)}; start with a larger --memory, or write the file with smaller row groups. Columns: ${names}`,
    { permanent: true },
  );
}
