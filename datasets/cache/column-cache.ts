/**
 * Holds columns in memory for all threads of this process, bounded in bytes.
 *
 * A lease reserves all that one subtask needs, or nothing. Columns that are not in memory are loaded; all columns stay where they are until the lease is
 * released; and it has a work area in the same slab. Leases that find no space wait in order of arrival.
 *
 * Guarantees: a column is loaded once, however many leases want it at the same time. The memory of a failed load is freed, and the next lease loads again. A
 * load for which no lease waits any more is stopped. Columns are evicted in the order of `order-victims.ts`, never while they are leased, and none if that
 * would not make enough space. Every list column of a collection was compared with the offsets that the collection keeps. Columns in a slab that was spoilt are
 * given to no later lease. It does not guarantee that loading starts immediately, nor any order of loads.
 */
import type { Input } from "../../engine/program/inputs.ts";
import { CachedColumn, type Load, LoadInterrupted, type Settled } from "./cached-column.ts";
import { CachedPartition } from "./cached-partition.ts";
import { findSpare } from "./find-spare.ts";
import type { HeldRequest, Lease, LeaseRequest, LeaseToLoad, RoomRequest } from "./lease.ts";
import { addressOf, sumCosts, waitUntilReady } from "./leased-columns.ts";
import { orderVictims } from "./order-victims.ts";
import type { Block, Slab } from "./slab.ts";
import { WaitingRequests } from "./waiting-requests.ts";

type BeginLoading = (columns: readonly CachedColumn[], partition: CachedPartition) => void;

interface Reserved {
  readonly partition: CachedPartition;
  readonly columns: readonly CachedColumn[];
  /** The columns that were not in memory. */
  readonly missing: readonly CachedColumn[];
  readonly work: Block;
}

export class ColumnCache {
  readonly #slabs: readonly Slab[];
  readonly #load: Load;
  readonly #partitions = new Map<string, CachedPartition>();
  /** The columns that nobody leases, least recently used first, and their partitions. */
  readonly #idle = new Map<CachedColumn, CachedPartition>();
  readonly #waiting = new WaitingRequests((request) => this.#place(request));
  /** The idle columns of each slab in the order in which they should go, while several leases are granted in one turn. */
  #knownVictims: Map<Slab, readonly CachedColumn[]> | undefined;

  constructor(options: { readonly slabs: readonly Slab[]; readonly load: Load }) {
    this.#slabs = options.slabs;
    this.#load = options.load;
  }

  /** The bytes in use, and the bytes of all slabs. */
  get usage(): { readonly bytes: number; readonly limit: number } {
    let bytes = 0;
    let limit = 0;
    for (const slab of this.#slabs) {
      bytes += slab.used;
      limit += slab.capacity;
    }
    return { bytes, limit };
  }

  /** Whether each input of a program has a column that is in memory or being loaded. */
  holds(fingerprint: string, inputs: readonly Input[]): boolean {
    return this.#partitions.get(fingerprint)?.holds(inputs) ?? false;
  }

  /** Whether columns of these names are in memory or being loaded. */
  holdsNamed(fingerprint: string, names: readonly string[]): boolean {
    return this.#partitions.get(fingerprint)?.holdsNamed(names) ?? false;
  }

  /** The partitions of which a column is in memory or being loaded. */
  get partitions(): Iterable<CachedPartition> {
    return this.#partitions.values();
  }

  /** Leases columns. Rejects with `DatasetError` if a column cannot be loaded or all together can never fit, and with the signal's reason. */
  async lease(request: LeaseRequest): Promise<Lease> {
    for (;;) {
      const reserved = await this.#waiting.enter(request);
      const lease = this.#leaseOf(reserved);
      try {
        await waitUntilReady(reserved.columns, request.signal);
        return lease;
      } catch (error) {
        lease.release();
        if (!(error instanceof LoadInterrupted)) throw error;
      }
    }
  }

  /**
   * Leases columns for each request immediately. The caller must load the missing ones, in their order, and settle each. Undefined for a request if there is no
   * space now, if others wait for space, or if one of its columns is being loaded for another lease.
   */
  leaseToLoad(requests: readonly RoomRequest[]): readonly (LeaseToLoad | undefined)[] {
    this.#knownVictims = new Map();
    try {
      return requests.map((request) => {
        try {
          return this.#leaseToLoad(request);
        } catch {
          // A lease that may wait will tell the reason.
          return undefined;
        }
      });
    } finally {
      this.#knownVictims = undefined;
    }
  }

  #leaseToLoad(request: RoomRequest): LeaseToLoad | undefined {
    const home = this.#partitions.get(request.fingerprint);
    const isLoading = request.columns.some(({ column }) => home?.columns.get(CachedColumn.identityOf(column))?.state === "loading");
    if (isLoading || !this.#waiting.isEmpty) return undefined;
    const reserved = this.#place(request, () => {});
    if (!reserved) return undefined;
    const { partition, missing, columns } = reserved;
    const ready = columns.filter(({ state }) => state === "ready");
    return {
      lease: this.#leaseOf(reserved),
      offsets: new Map(ready.flatMap((each) => each.offsets.map(({ block }, level) => [each.location.column.lists[level]!, block]))),
      missing: missing.map((column) => ({
        fingerprint: partition.fingerprint,
        location: column.location,
        place: column.place,
        settle: (loaded) => this.#settle(partition, column, loaded, true),
      })),
    };
  }

  /** Leases immediately if the columns are in memory and there is space for the work area; undefined if not, or if others wait for space. */
  leaseHeld({ fingerprint, inputs, workBytes }: HeldRequest): Lease | undefined {
    const partition = this.#partitions.get(fingerprint);
    if (!partition || !this.#waiting.isEmpty) return undefined;
    const columns = partition.ready(inputs);
    const work = columns && partition.slab.allocate(workBytes);
    return work && this.#leaseOf(this.#hold({ partition, columns, missing: [], work }));
  }

  /** Must be called if columns of a slab may have been overwritten. Present leases are marked as spoilt, and later ones load all columns again. */
  spoil(slab: Slab): void {
    for (const partition of [...this.#partitions.values()].filter((each) => each.slab === slab)) {
      partition.isSpoilt = true;
      this.#partitions.delete(partition.fingerprint);
      for (const column of partition.columns.values()) if (this.#idle.has(column)) this.#forget(partition, column);
    }
    this.#waiting.admit();
  }

  /** Must be called when another cache over the same slabs has freed memory. */
  admitWaiting(): void {
    this.#waiting.admit();
  }

  #place(request: RoomRequest, begin: BeginLoading = this.#begin): Reserved | undefined {
    const home = this.#partitions.get(request.fingerprint);
    if (home) {
      const reserved = this.#placeIn(home, request, begin);
      if (reserved || home.leases > 0) return reserved;
      // The slab is full of columns that others hold, or fragmented. The partition may move, once nothing writes there.
      const columns = [...home.columns.values()];
      if (columns.some((column) => column.state === "loading")) return undefined;
      const sizes = [request.workBytes, ...request.columns.flatMap(CachedColumn.sizes)];
      if (!this.#slabs.some((slab) => this.#findSpare(slab, sizes, { request, kept: [] }))) return undefined;
      for (const column of columns) this.#forget(home, column);
    }
    for (const slab of this.#slabs.toSorted((a, b) => a.used - b.used)) {
      const reserved = this.#placeIn(new CachedPartition(request.fingerprint, slab), request, begin);
      if (reserved) return reserved;
    }
    return undefined;
  }

  #placeIn(partition: CachedPartition, request: RoomRequest, begin: BeginLoading): Reserved | undefined {
    const missing = request.columns.filter(({ column }) => !partition.columns.has(CachedColumn.identityOf(column)));
    const sizes = [request.workBytes, ...missing.flatMap(CachedColumn.sizes)];
    const blocks = this.#makeRoom(sizes, partition, request);
    if (!blocks) return undefined;

    this.#partitions.set(partition.fingerprint, partition);
    const [work, ...rest] = blocks as [Block, ...Block[]];
    const begun: CachedColumn[] = [];
    for (const location of missing) {
      const { slab, offsets } = partition;
      const column = new CachedColumn({ location, slab, offsets, blocks: rest.splice(0, CachedColumn.sizes(location).length) });
      partition.columns.set(column.identity, column);
      begun.push(column);
    }
    if (begun.length > 0) begin(begun, partition);
    const columns = request.columns.map(({ column }) => partition.columns.get(CachedColumn.identityOf(column))!);
    return this.#hold({ partition, columns, missing: begun, work });
  }

  readonly #begin: BeginLoading = (columns, partition) => {
    const { fingerprint } = partition;
    const loads = this.#load(columns.map(({ location, place, signal }) => ({ fingerprint, location, place, signal })));
    for (const [index, column] of columns.entries()) {
      const settle = (loaded: Settled) => this.#settle(partition, column, loaded, false);
      loads[index]!.then(settle, (error: unknown) => settle({ error }));
    }
  };

  #hold(reserved: Reserved): Reserved {
    reserved.partition.leases++;
    for (const column of reserved.columns) {
      column.leases++;
      column.uses++;
      this.#idle.delete(column);
    }
    return reserved;
  }

  #leaseOf(reserved: Reserved): Lease {
    const { partition, columns, missing, work } = reserved;
    let isHeld = true;
    return {
      slab: partition.slab,
      work,
      columns: columns.length,
      get loaded() {
        return sumCosts(missing);
      },
      isSpoilt: () => partition.isSpoilt,
      isReady: () => columns.every(({ state }) => state === "ready"),
      address: (input) => addressOf(input, columns),
      release: () => {
        if (!isHeld) return;
        isHeld = false;
        this.#release(reserved);
      },
    };
  }

  /** Allocates blocks of these sizes in the partition's slab, and evicts idle columns if that helps. */
  #makeRoom(sizes: readonly number[], { slab, columns }: CachedPartition, request: RoomRequest): readonly Block[] | undefined {
    const blocks = slab.allocateAll(sizes);
    if (blocks) return blocks;
    const kept = request.columns.flatMap(({ column }) => columns.get(CachedColumn.identityOf(column)) ?? []);
    for (const victim of this.#findSpare(slab, sizes, { request, kept }) ?? []) {
      this.#forget(this.#idle.get(victim)!, victim);
      const found = slab.allocateAll(sizes);
      if (found) return found;
    }
    return undefined;
  }

  #findSpare(slab: Slab, sizes: readonly number[], options: Omit<Parameters<typeof findSpare>[2], "victims">) {
    return findSpare(slab, sizes, { ...options, victims: () => this.#victimsOf(slab) });
  }

  /** The slab's idle columns; those that should go first come first. */
  #victimsOf(slab: Slab): readonly CachedColumn[] {
    const known = this.#knownVictims?.get(slab)?.filter((column) => this.#idle.has(column));
    if (known) return known;
    const idle = [...this.#idle.keys()].filter((column) => column.slab === slab);
    const victims = orderVictims(idle, slab.capacity);
    this.#knownVictims?.set(slab, victims);
    return victims;
  }

  /** If its lease `mayRead` the column where it was loaded to, also when it failed or shares others' offsets, those blocks are freed with the lease. */
  #settle(partition: CachedPartition, column: CachedColumn, loaded: Settled, mayRead: boolean): void {
    column.settle(loaded);
    if (!mayRead) column.freeReplaced();
    if (column.leases === 0) column.free();
    else if (column.state === "failed") partition.columns.delete(column.identity);
    this.#waiting.admit();
  }

  #release({ partition, columns, missing, work }: Reserved): void {
    partition.slab.free(work);
    partition.leases--;
    for (const column of missing) column.freeReplaced();
    for (const column of columns) {
      if (--column.leases > 0) continue;
      if (column.state === "failed") column.free();
      else if (column.state === "loading") this.#abandon(partition, column);
      else if (partition.isSpoilt) this.#forget(partition, column);
      else this.#idle.set(column, partition);
    }
    this.#leaveIfEmpty(partition);
    this.#waiting.admit();
  }

  /** Abandons a loading column: a later lease loads it again, and its memory is freed when it has settled. */
  #abandon(partition: CachedPartition, column: CachedColumn): void {
    partition.columns.delete(column.identity);
    column.abandon();
  }

  #leaveIfEmpty(partition: CachedPartition): void {
    const isEmpty = partition.columns.size === 0 && partition.leases === 0;
    if (isEmpty && this.#partitions.get(partition.fingerprint) === partition) this.#partitions.delete(partition.fingerprint);
  }

  /** Frees a column that nobody reads and nothing writes. */
  #forget(partition: CachedPartition, column: CachedColumn): void {
    this.#idle.delete(column);
    partition.columns.delete(column.identity);
    column.free();
    this.#leaveIfEmpty(partition);
  }
}
