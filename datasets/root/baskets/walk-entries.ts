/**
 * Reads entries of any form one after another, for the forms that kernels do not handle. Values are gathered as they are stored, and converted together.
 *
 * Guarantee: whatever lengths an entry states, nothing outside of the entry is read, and it terminates.
 */
import { slack } from "../../kernels/kernels.ts";
import type { BasketContent } from "./basket-content.ts";
import type { BranchForm, ElementForm } from "./branch.ts";
import { type BranchTarget, storedBytes } from "./branch-target.ts";

const byteCountFlag = 0x40000000;
const memberwiseFlag = 0x4000;

interface Entries {
  readonly from: number;
  readonly to: number;
  /** Where each of the entries [from, to) begins in the content, and where the last one ends. Absent if only reading them tells. */
  readonly starts?: Uint32Array;
  /** The first free address after `starts`. */
  readonly free?: number;
}

export function walkEntries(
  content: BasketContent,
  form: BranchForm,
  { from, to, starts, free = content.free }: Entries,
  target: BranchTarget,
): void {
  const walker = new Walker(content, form, target, free);
  if (starts) for (let entry = from; entry < to; entry++) walker.entry(starts[entry - from]!, starts[entry - from + 1]!);
  else if (from === 0 && to === content.entries) {
    let at = 0;
    for (let entry = 0; entry < to; entry++) at = walker.entry(at, undefined);
    if (at !== content.bytes) throw new Error(`the entries of a basket have ${at} bytes, it has ${content.bytes}`);
  } else throw new Error("a basket has no entry offsets, and partitions begin within it");
  walker.finish();
}

class Walker {
  readonly #form: BranchForm;
  readonly #target: BranchTarget;
  readonly #content: BasketContent;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #size: number;
  /** The address of the next byte to read, and the first address after the entry. */
  #at = 0;
  #end = 0;
  readonly #gathered: number;
  #to: number;
  #count = 0;
  #isMemberwise = false;
  /** The number of levels around objects; the arrays inside objects are further levels. */
  readonly #outer: number;
  /** The number of values in each object. */
  readonly #each: number;
  /** If each entry is one object: the form whose size fits all entries of the basket. */
  readonly #whole: ElementForm | undefined;

  constructor(content: BasketContent, form: BranchForm, target: BranchTarget, free: number) {
    this.#content = content;
    this.#form = form;
    this.#target = target;
    this.#bytes = content.area.bytes;
    this.#view = new DataView(content.area.buffer);
    this.#size = storedBytes(form);
    this.#gathered = free;
    this.#to = this.#gathered;
    const { element, others = [], levels } = form;
    const dimensions = element?.dimensions ?? [];
    this.#outer = levels.length - dimensions.length;
    this.#each = dimensions.reduce((product, length) => product * length, 1);
    if (element && this.#outer === 0) this.#whole = [element, ...others].find((each) => each.bytes * content.entries === content.bytes);
  }

  /** Reads an entry and returns where it ends. `end` is undefined if the basket has no offsets. */
  entry(start: number, end: number | undefined): number {
    const { start: base, bytes } = this.#content;
    this.#at = base + start;
    this.#end = base + (end ?? bytes);
    this.#target.add(0, 1);
    this.#readHeader(end !== undefined);
    if (this.#outer > 0) this.#list(0, this.#target.counts[0]! - 1);
    else this.#elements(1);
    if (end !== undefined && this.#at !== this.#end) throw this.#damaged(`${this.#end - this.#at} bytes are left over in it`);
    return this.#at - base;
  }

  finish(): void {
    if (this.#count > 0) this.#target.values(this.#content.area, this.#gathered, this.#count, this.#to + slack);
  }

  #readHeader(isEndKnown: boolean): void {
    const { header, memberwise } = this.#form;
    this.#isMemberwise = false;
    if (header === 0) return;
    const start = this.#at;
    this.#need(header);
    this.#at += header;
    if (header < 6) return;
    const stated = this.#view.getUint32(start);
    const end = start + 4 + (stated & ~byteCountFlag);
    if ((stated & byteCountFlag) === 0 || (isEndKnown ? end !== this.#end : end > this.#end))
      throw this.#damaged("its byte count is wrong");
    this.#end = end;
    this.#isMemberwise = (this.#view.getUint16(start + 4) & memberwiseFlag) !== 0;
    if (!this.#isMemberwise) return;
    if (!memberwise) throw this.#damaged("its objects are stored member by member, which is not supported here");
    this.#need(2);
    this.#at += this.#view.getUint16(this.#at) === 0 ? 6 : 2;
  }

  /** Reads a list, the `index`th of its level. */
  #list(level: number, index: number): void {
    const form = this.#form.levels[level]!;
    const { kind } = form;
    const isLast = level === this.#outer - 1;
    const target = this.#target;
    target.offsets[level]![index] = target.counts[level + 1]!;
    if (kind === "rest" && (!isLast || this.#form.type === "string")) {
      while (this.#at < this.#end) this.#element(level);
      return;
    }
    const unit = this.#elementForm()?.bytes ?? this.#size;
    const count = form.kind === "fixed" ? form.length : kind === "counted" ? this.#uint32() : (this.#end - this.#at) / unit;
    if (!Number.isInteger(count)) throw this.#damaged("its bytes are no whole number of values");
    if (isLast) {
      target.add(level + 1, this.#form.type === "string" ? 0 : count);
      this.#elements(count);
    } else for (let each = 0; each < count; each++) this.#element(level);
  }

  /** Counts and reads the next element of a level: an inner list or, on the innermost level, a string. */
  #element(level: number): void {
    this.#target.add(level + 1, 1);
    if (level + 1 < this.#outer) this.#list(level + 1, this.#target.counts[level + 1]! - 1);
    else this.#string();
  }

  #elements(count: number): void {
    const { type, memberwise, levels } = this.#form;
    const element = this.#elementForm();
    if (type === "string") {
      for (let each = 0; each < count; each++) {
        if (levels.length > 0) this.#element(levels.length - 1);
        else this.#string();
      }
    } else if (this.#isMemberwise) {
      if (this.#end - this.#at !== memberwise!.total * count) throw this.#damaged("the members of its objects have other sizes");
      this.#at += memberwise!.before * count;
      this.#objects(count, memberwise!);
      // Skips the other members.
      this.#at = this.#end;
    } else if (element) this.#objects(count, element);
    else {
      const bytes = count * this.#size;
      this.#need(bytes);
      this.#gather(this.#at, bytes);
      this.#at += bytes;
      this.#count += count;
    }
  }

  /** The form of the next object. */
  #elementForm(): ElementForm | undefined {
    const { element, others } = this.#form;
    if (!others || this.#whole) return this.#whole ?? element;
    const fits = ({ bytes, fixed }: ElementForm) =>
      bytes <= this.#end - this.#at && fixed.length > 0 && fixed.every(({ at, word }) => this.#view.getUint32(this.#at + at) === word);
    return others.find(fits) ?? element;
  }

  #objects(count: number, { bytes, at, fixed }: ElementForm): void {
    this.#need(count * bytes);
    for (let each = 0; each < count; each++) {
      for (const { at: place, word } of fixed)
        if (this.#view.getUint32(this.#at + place) !== word) throw this.#damaged("an object in it has another form than its class says");
      this.#gather(this.#at + at, this.#size * this.#each);
      this.#at += bytes;
    }
    this.#count += count * this.#each;
    if (this.#outer < this.#form.levels.length) this.#target.addFixed(this.#outer, count);
  }

  #gather(from: number, bytes: number): void {
    // A few bytes are copied faster one by one.
    if (bytes > 32) this.#bytes.copyWithin(this.#to, from, from + bytes);
    else for (let at = 0; at < bytes; at++) this.#bytes[this.#to + at] = this.#bytes[from + at]!;
    this.#to += bytes;
  }

  #string(): void {
    this.#need(1);
    let length = this.#bytes[this.#at++]!;
    if (length === 255) length = this.#uint32();
    this.#need(length);
    this.#target.string(this.#bytes, this.#at, this.#at + length);
    this.#at += length;
  }

  #uint32(): number {
    this.#need(4);
    this.#at += 4;
    return this.#view.getUint32(this.#at - 4);
  }

  #need(bytes: number): void {
    if (bytes > this.#end - this.#at) throw this.#damaged(`${bytes} bytes are needed where ${this.#end - this.#at} are left in it`);
  }

  #damaged(reason: string): Error {
    const { counts, location } = this.#target;
    return new Error(`entry ${location.firstEntry + counts[0]! - 1} is damaged: ${reason}`);
  }
}
