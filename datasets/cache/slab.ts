/**
 * Slabs are WebAssembly memories that all threads share, divided into blocks. A compiled program uses one memory, so all arrays that it reads together are in
 * one slab.
 *
 * A block starts at a multiple of 16 bytes, never at address 0, and may be read up to 16 bytes past its end. The sum of all slabs never exceeds the limit. A
 * slab's memory grows as blocks need it, and never shrinks. Blocks are not cleared.
 */
import { FreeList, rounded } from "./free-list.ts";

export interface Block {
  readonly address: number;
  readonly bytes: number;
}

/** The bytes that may be read past the end of a block. */
const readable = 16;
const page = 65_536;
/** In bytes: the memory grows by this much at once, since growing for each block would cost a system call per block. */
const growth = 64 * 2 ** 20;
const largestSlab = 2 * 2 ** 30;

export class Slab {
  /** The number of the slab in its process. */
  readonly id: number;
  readonly memory: WebAssembly.Memory;
  /** The most bytes that all blocks together may take, including their readable ends. */
  readonly capacity: number;
  readonly #free: FreeList;
  readonly #limit: number;

  constructor(id: number, bytes: number) {
    const pages = Math.max(1, Math.floor(bytes / page));
    this.id = id;
    this.memory = new WebAssembly.Memory({ initial: 1, maximum: pages, shared: true });
    this.#limit = pages * page;
    this.#free = new FreeList(readable, this.#limit - readable);
    this.capacity = this.#free.free;
  }

  get used(): number {
    return this.capacity - this.#free.free;
  }

  /** Allocates a block; undefined if there is no space. Throws if the system refuses the memory. */
  allocate(bytes: number): Block | undefined {
    const address = this.#free.allocate(bytes + readable);
    if (address === undefined) return undefined;
    try {
      this.#reach(address + taken(bytes));
    } catch (error) {
      this.#free.release(address, bytes + readable);
      throw error;
    }
    return { address, bytes };
  }

  /** Allocates all of these blocks, or none. */
  allocateAll(sizes: readonly number[]): readonly Block[] | undefined {
    if (sizes.reduce((sum, bytes) => sum + taken(bytes), 0) > this.#free.free) return undefined;
    const blocks: Block[] = [];
    for (const bytes of sizes) {
      const block = this.allocate(bytes);
      if (!block) {
        for (const each of blocks) this.free(each);
        return undefined;
      }
      blocks.push(block);
    }
    return blocks;
  }

  /** Whether there would be room for blocks of these sizes if `going` were free. */
  wouldFit(sizes: readonly number[], going: readonly Block[]): boolean {
    const free = this.#free.copy();
    for (const { address, bytes } of going) free.release(address, bytes + readable);
    return sizes.every((bytes) => free.allocate(bytes + readable) !== undefined);
  }

  free(block: Block): void {
    this.#free.release(block.address, block.bytes + readable);
  }

  /** Frees the end of a block; returns the smaller block. */
  shrink(block: Block, bytes: number): Block {
    const rest = taken(block.bytes) - taken(bytes);
    if (rest > 0) this.#free.release(block.address + taken(bytes), rest);
    return { address: block.address, bytes };
  }

  #reach(end: number): void {
    const size = this.memory.buffer.byteLength;
    if (end <= size) return;
    const target = Math.min(this.#limit, Math.max(end, size + growth));
    this.memory.grow(Math.ceil((target - size) / page));
  }
}

/** The bytes that a block takes in its slab. */
export function taken(bytes: number): number {
  return rounded(bytes + readable);
}

/** Creates as few slabs of equal size as the limit needs. Throws if the system refuses the address space. */
export function createSlabs(limit: number, options: { readonly largest?: number } = {}): readonly Slab[] {
  const count = Math.max(1, Math.ceil(limit / (options.largest ?? largestSlab)));
  return Array.from({ length: count }, (_, id) => new Slab(id, Math.floor(limit / count)));
}
