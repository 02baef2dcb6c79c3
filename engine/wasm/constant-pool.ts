/**
 * Keeps the constants of a module in globals. All are mutable, although most are never set: V8 folds immutable ones into the code, which then builds a
 * float64 other than 0 at every use, in two instructions, or in four for both lanes. Constants with a slot can be set before a run, so that the
 * same code runs with other numbers.
 */
import type { Bytes } from "./bytes.ts";
import type { Expression } from "./instructions.ts";

interface Constant {
  readonly index: number;
  readonly value: number | bigint;
  readonly isWide: boolean;
  readonly slot: number | undefined;
}

/** The position in the module of the bytes of a float64 that differs in modules of the same code. */
export interface SlotPlace {
  readonly slot: number;
  readonly at: number;
}

export class ConstantPool {
  readonly #known = new Map<string, Constant>();

  /** The index of the global that holds the constant; with `isWide`, it holds the constant twice, side by side. */
  indexOf({ value, slot }: Extract<Expression, { kind: "const" }>, isWide: boolean): number {
    const key = slot === undefined ? `${isWide} ${typeof value} ${Object.is(value, -0) ? "-0" : value}` : `${isWide} slot ${slot}`;
    const known = this.#known.get(key) ?? { index: this.#known.size, value, isWide, slot };
    this.#known.set(key, known);
    return known.index;
  }

  /** The globals of the constants with a slot. A global that `isWide` holds its number twice, side by side. */
  get slotted(): readonly { readonly index: number; readonly slot: number; readonly isWide: boolean }[] {
    return [...this.#known.values()].flatMap(({ index, slot, isWide }) => (slot === undefined ? [] : [{ index, slot, isWide }]));
  }

  /** Writes the content of the section of globals, and returns the positions of slots in it. */
  write(section: Bytes): readonly SlotPlace[] {
    const slots: SlotPlace[] = [];
    section.unsigned(this.#known.size);
    for (const { value, isWide, slot } of this.#known.values()) {
      const bytes = new DataView(new ArrayBuffer(8));
      if (typeof value === "bigint") bytes.setBigInt64(0, value, true);
      else bytes.setFloat64(0, value, true);
      section.append(new Uint8Array(isWide ? [0x7b, 0x01, 0xfd, 0x0c] : [0x7c, 0x01, 0x44]));
      for (let copy = 0; copy < (isWide ? 2 : 1); copy++) {
        if (slot !== undefined) slots.push({ slot, at: section.length });
        section.append(new Uint8Array(bytes.buffer));
      }
      section.byte(0x0b);
    }
    return slots;
  }
}
