/**
 * Which blocks are kept, bounded in bytes, and what goes for a new one. Pure.
 *
 * While there is room every block is kept. Then one is kept only that was asked for before, at the expense of those that nobody has asked for since:
 * so what is read once displaces nothing, and of a scan that is larger than all of it, repeated, a part stays and is found.
 */
import { LRUCache } from "lru-cache";

const mostRemembered = 200_000;

interface Block {
  readonly bytes: number;
  /** When it was asked for last: counts what was asked for. */
  used: number;
}

export class BlockIndex {
  readonly #limit: number;
  /** Least recently used first. */
  readonly #blocks = new Map<string, Block>();
  /** When those were asked for that may be here or not. */
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

  /** Whether it is here; it counts as used. Where not, `makeRoom` may be asked. */
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

  /** Those that are to go for a block of so many bytes, which are gone from here; undefined where it is not to be kept. */
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

  /** Those that are too much: as others have put them here, too. */
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
