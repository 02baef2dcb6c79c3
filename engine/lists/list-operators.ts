/** The table of list operators, which the compiler and the checker walk. The key is the name of the operation, and of the method in the language. */
import { collection } from "./collection.ts";
import { combinations } from "./combinations.ts";
import { concat } from "./concat.ts";
import { cross } from "./cross.ts";
import { at, index } from "./element.ts";
import { filter } from "./filter.ts";
import { find } from "./find.ts";
import { flatMap } from "./flat-map.ts";
import { furtherNames } from "./further-names.ts";
import { length } from "./length.ts";
import type { ListOperator, Method } from "./list-operator.ts";
import { map } from "./map.ts";
import { maxBy, minBy } from "./min-by-max-by.ts";
import { slice } from "./slice.ts";
import { every, some } from "./some-every.ts";
import { sortBy } from "./sort-by.ts";
import { max, mean, min, product, sum } from "./sum-min-max.ts";

export const listOperators = {
  collection,
  filter,
  some,
  every,
  find,
  map,
  sum,
  product,
  mean,
  min,
  max,
  minBy,
  maxBy,
  at,
  index,
  length,
  combinations,
  cross,
  concat,
  slice,
  flatMap,
  sortBy,
};

declare module "../program/term.ts" {
  interface ListOperations extends Readonly<typeof listOperators> {}
}

/** The methods that lists have in the language. */
export const methods: ReadonlyMap<string, Method> = new Map([
  ...Object.entries<ListOperator>(listOperators).flatMap(([name, { method }]): [string, Method][] => (method ? [[name, method]] : [])),
  ...Object.entries(furtherNames),
]);
