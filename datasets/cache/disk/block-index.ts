/**
 * Decides which blocks are kept within a limit of bytes, and which are removed for a new one. Pure.
 *
 * While there is room, every block is kept. After that, a new block is only kept if it was asked for before, and only blocks that were not asked for since
 * then are removed for it. So data that is read once displaces nothing, and of a repeated scan that exceeds the limit, a part stays and is found.
 */
import { LRUCache } from "lru-cache";

const mostRemembered = 200_000;

interface Block {
  readonly bytes: number;
  /** When it was last asked for, as the number of that request. */
  used: number;
}

export class BlockIndex {
  readonly #limit: number;
  /** The kept blocks, the least recently used first. */
  readonly #blocks = new Map<string, Block>();
  /** When each block, kept or not, was last asked for. */
  readonly #asked = new LRUCache<string, number>({ max: mostRemembered });
  #bytes = 0;
  #clock = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get names(): Iterable<string> {
    return this.#blocks.keys();
  }

  has(name: string): boolean {
    return this.#blocks.has(name);
  }

  /** Whether a block is kept; counts as a use. If not, `makeRoom` may be called, with `askedBefore`. */
  ask(name: string): { readonly isHere: boolean; readonly askedBefore: number | undefined } {
    const askedBefore = this.#asked.get(name);
    const block = this.#blocks.get(name);
    this.#asked.set(name, ++this.#clock);
    if (!block) return { isHere: false, askedBefore };
    block.used = this.#clock;
    this.#blocks.delete(name);
    this.#blocks.set(name, block);
    return { isHere: true, askedBefore };
  }

  /** Makes room for a new block and returns the names it removed, whose files must be deleted; undefined if the new block must not be kept. */
  makeRoom(bytes: number, askedBefore: number | undefined): readonly string[] | undefined {
    const victims: string[] = [];
    let free = this.#limit - this.#bytes;
    if (bytes > this.#limit) return undefined;
    for (const [name, block] of this.#blocks) {
      if (free >= bytes) break;
      if (askedBefore === undefined || block.used >= askedBefore) return undefined;
      victims.push(name);
      free += block.bytes;
    }
    if (free < bytes) return undefined;
    for (const name of victims) this.remove(name);
    return victims;
  }

  /** Removes and returns the blocks beyond the limit; other processes add blocks, too. */
  shrink(): readonly string[] {
    const victims: string[] = [];
    for (const name of this.#blocks.keys()) {
      if (this.#bytes <= this.#limit) break;
      victims.push(name);
      this.remove(name);
    }
    return victims;
  }

  add(name: string, bytes: number): void {
    this.remove(name);
    this.#blocks.set(name, { bytes, used: this.#clock });
    this.#bytes += bytes;
  }

  remove(name: string): void {
    this.#bytes -= this.#blocks.get(name)?.bytes ?? 0;
    this.#blocks.delete(name);
  }
}
