/** Lists while a function is being written. */
import type { Term } from "../program/term.ts";
import type { Expression } from "../wasm/instructions.ts";
import type { BodyOfTwo, Element, FunctionOver } from "./code.ts";

/** Writes what is to be done with each element. `place` is what `List.at` takes. */
export type LoopBody = (element: Element, place: readonly Expression[]) => void;

/**
 * A list is a loop and not an array: `iterate` writes the loop. Where elements are needed again or by number, their places are kept
 * in scratch. A place is where an element lies: in a list of the schema the number in its content, in pairs the numbers of both
 * members.
 */
export interface List {
  /** How many i32 tell where an element lies. */
  readonly places: number;
  /** True where an element's position follows from its place, false where only counting tells it. */
  readonly knowsPositions: boolean;
  /**
   * With `ofTwo`: the loop may be written by this instead, for two elements at a time.
   * With `functions` that are going to be applied to the elements: what they compute of a part of an element may be computed once for several.
   */
  iterate(body: LoopBody, functions?: readonly FunctionOver[], ofTwo?: BodyOfTwo): void;
  /** The element that lies at a place. With `isThere`: where that is 0 the place is any, and so is what is read. */
  at(place: readonly Expression[], isThere?: Expression): Element;
  /** How many elements there are, i64. Traps where that is more than 63 bits hold. */
  length(): Expression;
  /** No fewer than there are, i64, without searching. What `iterate` needs in scratch for itself, and for these functions, is taken here. */
  bound(functions?: readonly FunctionOver[]): Expression;
  /** True where the loop takes scratch all the same, for lists in its functions. */
  readonly takesScratch: boolean;
  /** Elements by number; undefined where their places have to be kept for that. */
  readonly numbered?: (() => Numbered) | undefined;
}

/** Elements by number: handles are i32 from `from` up to, not including, `to`. */
export interface Numbered {
  readonly from: Expression;
  readonly to: Expression;
  /** Handles are the numbers of elements in the content of a list of the schema. */
  readonly isContent?: boolean;
  /** The lists that it is put together from, where it is: quicker to loop over one after the other. */
  readonly runs?: readonly Run[];
  /** With `isThere`: where that is 0 the handle is that of no element, and what is read is anything. */
  at(handle: Expression, isThere?: Expression): Element;
}

/** A part of a list: an element's handle in `list` and `shift` add up to its handle in the whole. */
export interface Run {
  readonly list: Numbered;
  readonly shift: Expression;
  readonly term: Term;
}
