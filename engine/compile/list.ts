/** The interface of lists while a function is being written. */
import type { Term } from "../program/term.ts";
import type { Expression } from "../wasm/instructions.ts";
import type { BodyOfTwo, Element, FunctionOver } from "./code.ts";

/** Writes the code for each element. `place` can be passed to `List.at`. */
export type LoopBody = (element: Element, place: readonly Expression[]) => void;

/**
 * A list is a loop and not an array: `iterate` writes the loop. If elements are needed again or by number, their places are kept
 * in scratch. The place of an element is its index in the content for a list of the schema, and the places of both members for
 * pairs.
 */
export interface List {
  /** The number of i32 in an element's place. */
  readonly places: number;
  /** Whether an element's position follows from its place; otherwise only counting tells it. */
  readonly knowsPositions: boolean;
  /**
   * Writes the loop. With `ofTwo`, it may be written by that instead of `body`, for two elements at a time.
   * `functions` will be applied to the elements; what they compute from a part of an element may be computed once for several elements.
   */
  iterate(body: LoopBody, functions?: readonly FunctionOver[], ofTwo?: BodyOfTwo): void;
  /** The element at a place. With `isThere`: if that is 0, place and element are undefined. */
  at(place: readonly Expression[], isThere?: Expression): Element;
  /** The number of elements, i64. Traps if that exceeds 63 bits. */
  length(): Expression;
  /** An upper bound of the length, i64, found without searching. The scratch that `iterate` needs for itself and for these functions is taken here. */
  bound(functions?: readonly FunctionOver[]): Expression;
  /** Whether the loop takes scratch nevertheless, for lists in its functions. */
  readonly takesScratch: boolean;
  /** Gives access to elements by number; undefined if their places have to be kept for that. */
  readonly numbered?: (() => Numbered) | undefined;
}

/** Access to elements by number. Handles are i32 in [from, to). */
export interface Numbered {
  readonly from: Expression;
  readonly to: Expression;
  /** Whether handles are indexes in the content of a list of the schema. */
  readonly isContent?: boolean;
  /** For a list that is joined from others: these lists. Looping over one after the other is faster. */
  readonly runs?: readonly Run[];
  /** The element with this handle. With `isThere`: if that is 0, the handle may be invalid and the element is undefined. */
  at(handle: Expression, isThere?: Expression): Element;
}

/** A part of a joined list. An element's handle in the whole is its handle in `list` plus `shift`. */
export interface Run {
  readonly list: Numbered;
  readonly shift: Expression;
  readonly term: Term;
}
