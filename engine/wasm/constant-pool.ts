/**
 * Constants of a module, in globals. They are mutable, though nothing sets them: V8 folds the others back into the code, where a float64 other than 0 is built
 * anew at every use, in two instructions, and one in both lanes in four.
 */
import type { Bytes } from "./bytes.ts";

export class ConstantPool {
  readonly #known = new Map<string, { readonly index: number; readonly value: number | bigint; readonly isWide: boolean }>();

  /** The number of the global that holds it, or with `isWide` two of it side by side. */
  indexOf(value: number | bigint, isWide: boolean): number {
    const key = `${isWide} ${typeof value} ${Object.is(value, -0) ? "-0" : value}`;
    const known = this.#known.get(key) ?? { index: this.#known.size, value, isWide };
    this.#known.set(key, known);
    return known.index;
  }

  /** The content of the section of globals. */
  write(section: Bytes): void {
    section.unsigned(this.#known.size);
    for (const { value, isWide } of this.#known.values()) {
      const bytes = new DataView(new ArrayBuffer(8));
      if (typeof value === "bigint") bytes.setBigInt64(0, value, true);
      else bytes.setFloat64(0, value, true);
      section.append(new Uint8Array(isWide ? [0x7b, 0x01, 0xfd, 0x0c] : [0x7c, 0x01, 0x44]));
      for (let copy = 0; copy < (isWide ? 2 : 1); copy++) section.append(new Uint8Array(bytes.buffer));
      section.byte(0x0b);
    }
  }
}
