/**
 * One bin for each entry of a list of whole numbers or of strings, in the order of the list. Everything else, NaN included, goes to the one
 * overflow cell after them.
 */
import type { z } from "zod";
import { call, F, type FunctionReference, I, i32, load, select } from "../wasm/instructions.ts";
import type { ModuleBuilder } from "../wasm/module-builder.ts";
import { type AxisKind, tooLarge } from "./axis-kind.ts";
import { countEdges } from "./variable.ts";

export interface CategoryAxis {
  readonly type: "category";
  /** Without duplicates; either all numbers or all strings. */
  readonly categories: readonly number[] | readonly string[];
}

/** Up to this many categories are compared one after the other; longer lists are searched by bisection. */
const mostCompared = 12;

const isOfStrings = ({ categories }: CategoryAxis): boolean => typeof categories[0] === "string";

export const category: AxisKind<CategoryAxis> = {
  schema({ z: make, limits, ofEveryAxis }) {
    const error = "must be a list of whole numbers, or a list of strings";
    const list = <Each extends z.ZodType>(each: Each) => make.array(each).min(1, "needs at least one category").max(limits.bins);
    const categories = make.union(
      [list(make.int({ error: ({ code }) => (code === "invalid_type" ? error : tooLarge) })), list(make.string().max(limits.name))],
      {
        error: ({ input }) => (Array.isArray(input) && input.length === 0 ? "needs at least one category" : error),
      },
    );
    return make.strictObject({ type: make.literal("category"), categories, ...ofEveryAxis }).superRefine(({ categories }, context) => {
      const seen = new Set<unknown>();
      for (const [place, each] of (categories as readonly unknown[]).entries()) {
        if (seen.has(each)) {
          const message = `${JSON.stringify(each)} stands in the list twice`;
          context.addIssue({ code: "custom", message, path: ["categories", place] });
          return;
        }
        seen.add(each);
      }
    });
  },
  fields: "categories",
  takes: (axis) => (isOfStrings(axis) ? "string" : "number"),
  flow: { underflow: false, overflow: true },
  bins: ({ categories }) => categories.length,

  cellOf({ categories }, value) {
    const place = (categories as readonly unknown[]).indexOf(value);
    return place < 0 ? categories.length : place;
  },

  /** The categories' numbers (for strings, their numbers in the run) in ascending order, then the place of each in the list. */
  constants({ categories }, numberOf) {
    const numbers = categories.map((each) => (typeof each === "string" ? numberOf(each) : each));
    const sorted = [...numbers.entries()].sort(([, one], [, other]) => one - other);
    return [...sorted.map(([, number]) => number), ...sorted.map(([place]) => place)];
  },

  form: (axis) => [axis.categories.length, isOfStrings(axis)],

  emitCell({ f, m }, axis, value, { constants }) {
    const { length } = axis.categories;
    const number = f.keep(isOfStrings(axis) ? F.fromI32(value) : value);
    if (length > mostCompared) return f.keep(call(findCategory(m), number, constants, i32(length)));
    const numbers = f.keep(constants);
    const cell = f.variable(i32(length));
    for (let at = 0; at < length; at++) {
      const place = I.truncF64(load.f64(numbers, 8 * (length + at)));
      f.set(cell, select(F.eq(load.f64(numbers, 8 * at), number), place, cell));
    }
    return cell;
  },

  writeUhi: ({ categories }) =>
    typeof categories[0] === "string"
      ? { type: "category_str", categories: categories as readonly string[], flow: true }
      : { type: "category_int", categories: categories as readonly number[], flow: true },
};

/**
 * A function that finds a number's place in the list, or returns the list's length if it is not there. Its parameters: the number, the address of
 * `constants`, the list's length.
 */
function findCategory(m: ModuleBuilder): FunctionReference {
  return m.shared("find category", ["f64", "i32", "i32"], "i32", (f) => {
    const [value, numbers, count] = f.params;
    const below = f.keep(I.sub(call(countEdges(m), value, numbers, count), i32(1)));
    f.if(I.lt(below, i32(0)), () => f.return(count));
    const address = f.keep(I.add(numbers, I.shl(below, i32(3))));
    const place = I.truncF64(load.f64(I.add(address, I.shl(count, i32(3)))));
    f.return(select(F.eq(load.f64(address), value), place, count));
  });
}
